import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';

import { GitHost } from '../../../../test/support/git-host.js';
import type { GitRepository } from '../../../../test/support/git-repository.js';
import { type DirectSetup, setUpDirect } from './direct-setup.js';

const MODULE = 'example.com/mod';
const goMod = (go: string): string => `module ${MODULE}\n\ngo ${go}\n`;

/** What a worker that has a repository says of it once its host has other tags: what one says that never saw it. */
describe('a kept repository', () => {
  const hosts: GitHost[] = [];
  let host: GitHost;
  let repository: GitRepository;
  let worker: DirectSetup;
  let commits: readonly string[];

  beforeEach(async () => {
    host = await GitHost.start();
    hosts.push(host);
    repository = await host.createRepo(MODULE);
    commits = await repository.push(
      { files: { 'go.mod': goMod('1.20') }, tags: ['v1.0.0'] },
      { files: { 'go.mod': goMod('1.21') }, annotated: ['v1.1.0'] },
      { files: { 'go.mod': goMod('1.22') } },
    );
    worker = await setUpDirect(host);
    expect(await version('main')).toBe(`v1.1.1-0.20260101000200-${commits[2]!.slice(0, 12)}`);
  });
  afterEach(() => worker.close());
  afterAll(() => Promise.all(hosts.map((one) => one.close())));

  const version = async (query: string): Promise<string> => {
    const { bytes } = await worker.fetcher.resolve(MODULE, query, await worker.context());
    return (JSON.parse(bytes.toString()) as { Version: string }).Version;
  };
  const mod = async (of: string): Promise<string> =>
    (await worker.fetcher.mod({ module: MODULE, version: of }, await worker.context())).bytes.toString();

  it.each([
    ['to a commit that is in it', async () => repository.tag('v1.1.0', commits[0]!), '1.20'],
    [
      'to one that is not',
      async () => repository.push({ files: { 'go.mod': goMod('1.23') }, annotated: ['v1.1.0'] }),
      '1.23',
    ],
  ])('has a tag where its host has moved it %s', async (_where, move, go) => {
    expect(await mod('v1.1.0')).toBe(goMod('1.21'));
    await move();
    expect(await mod('v1.1.0')).toBe(goMod(go));
    expect(await mod('v1.0.0')).toBe(goMod('1.20'));
    // It counts for what comes after it, as it would for who never saw the other one.
    await repository.push({ files: { 'a.txt': 'a' } });
    expect(await version('main')).toMatch(/^v1\.1\.1-0\./);
  });

  it('has no tag that its host has removed, as a version or before one', async () => {
    await repository.untag('v1.1.0');
    await expect(mod('v1.1.0')).rejects.toMatchObject({ kind: 'not-found' });
    expect(await version('main')).toBe(`v1.0.1-0.20260101000200-${commits[2]!.slice(0, 12)}`);
  });

  it('has a tag that its host gave to an older commit', async () => {
    await repository.tag('v1.2.0', commits[1]!);
    expect(await version('main')).toBe(`v1.2.1-0.20260101000200-${commits[2]!.slice(0, 12)}`);
    expect(await mod('v1.2.0')).toBe(goMod('1.21'));
  });

  it('has none once its host has none', async () => {
    for (const tag of ['v1.0.0', 'v1.1.0']) await repository.untag(tag);
    expect(await version('main')).toBe(`v0.0.0-20260101000200-${commits[2]!.slice(0, 12)}`);
    await expect(mod('v1.0.0')).rejects.toMatchObject({ kind: 'not-found' });
  });

  it('keeps its tags while its host fails', async () => {
    host.fail(MODULE, 503, 'down');
    await expect(mod('v1.1.0')).rejects.toMatchObject({ kind: 'upstream' });
    host.fail(MODULE, 0);
    const transfers = host.transfers.count;
    expect(await mod('v1.1.0')).toBe(goMod('1.21'));
    expect(host.transfers.count).toBe(transfers);
  });
});
