import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, ask, metric } from '../support/ask.js';
import { type GitWorld, startGitWorld, type WorldRepository } from '../support/git-world.js';
import { startStack, type Stack } from '../support/stack.js';

let world: GitWorld;
let stack: Stack;
let moving: WorldRepository;

beforeAll(async () => {
  world = await startGitWorld();
  moving = world.repositoryOf('moving');
  // Without the memory tier the age of a stored copy is what its file says. A git on a busy machine takes its time.
  stack = await startStack({
    env: { GOPROXY: 'direct', STOA_GO_ENV: world.host.goEnvSetting, STOA_MEMORY_CACHE: '0', STOA_REFRESH_WAIT: '60s' },
  });
});
afterAll(async () => {
  await stack?.close();
  await world?.close();
});

const get = (path: string): Promise<Answer> => ask(`${stack.url}/example.com/moving/${path}`);

/** The version that a query resolves to. */
async function resolved(path: string): Promise<string> {
  const { status, text } = await get(path);
  expect([status, text]).toEqual([200, text]);
  return (JSON.parse(text) as { Version: string }).Version;
}

/** Makes a stored answer older than any time for which it counts as fresh. */
async function age(file: string): Promise<void> {
  const hourAgo = new Date(Date.now() - 3_600_000);
  await utimes(join(stack.folder, 'data/storage', file), hourAgo, hourAgo);
}

const query = (name: string): string => `.meta/queries/example.com/moving/@v/${name}.json`;

describe('a module in version control that changes', () => {
  it('has its branch answered from storage until the answer is old, and then as it is after a push', async () => {
    const before = await resolved('@v/main.info');
    expect(before).toBe('v1.1.0');
    const [pushed = ''] = await moving.repository.push({ files: { 'b.go': 'package moving\n' } });
    expect(await resolved('@v/main.info')).toBe(before);
    await age(query('main'));
    expect(await resolved('@v/main.info')).toBe(`v1.1.1-0.20260101000100-${pushed.slice(0, 12)}`);
  });

  it('lists a new tag and has it as @latest once the stored answers are old', async () => {
    expect((await get('@v/list')).text).toBe('v1.0.0\nv1.1.0\n');
    expect(await resolved('@latest')).toBe('v1.1.0');
    await moving.repository.push({ files: { 'c.go': 'package moving\n' }, tags: ['v1.2.0'] });
    expect((await get('@v/list')).text).toBe('v1.0.0\nv1.1.0\n');
    await age('example.com/moving/@v/list');
    await age('example.com/moving/@latest');
    expect((await get('@v/list')).text).toBe('v1.0.0\nv1.1.0\nv1.2.0\n');
    expect(await resolved('@latest')).toBe('v1.2.0');
  });

  it('resolves a commit to the tag that it was given since, and keeps the pseudo-version that it had', async () => {
    const [commit = ''] = await moving.repository.push({ files: { 'd.go': 'package moving\n' } });
    const pseudo = `v1.2.1-0.20260101000300-${commit.slice(0, 12)}`;
    expect(await resolved(`@v/${commit}.info`)).toBe(pseudo);
    const zip = await get(`@v/${pseudo}.zip`);
    expect(zip.status).toBe(200);

    await moving.repository.tag('v1.3.0', commit);
    await age(query(commit));
    expect(await resolved(`@v/${commit}.info`)).toBe('v1.3.0');
    expect(await resolved(`@v/${commit.slice(0, 12)}.info`)).toBe('v1.3.0');
    expect(await resolved(`@v/${pseudo}.info`)).toBe(pseudo);
    expect((await get(`@v/${pseudo}.zip`)).bytes.equals(zip.bytes)).toBe(true);
  });

  it('serves and lists what it has of a tag that is moved, then removed', async () => {
    const paths = ['@v/v1.0.0.info', '@v/v1.0.0.mod', '@v/v1.0.0.zip'];
    const before = await Promise.all(paths.map(get));
    expect(before.map(({ status }) => status)).toEqual([200, 200, 200]);
    const [other = ''] = await moving.repository.push({
      files: { 'go.mod': 'module example.com/moving\n\ngo 1.21\n' },
    });
    await moving.repository.tag('v1.0.0', other);
    const moved = await Promise.all(paths.map(get));
    await moving.repository.untag('v1.0.0');
    await age('example.com/moving/@v/list');
    expect((await get('@v/list')).text).toMatch(/^v1\.0\.0\n/);
    const removed = await Promise.all(paths.map(get));
    for (const after of [moved, removed]) {
      expect(after.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(after.map(({ bytes }, index) => bytes.equals(before[index]!.bytes))).toEqual([true, true, true]);
    }
  });

  it('has no zip made for a stored .mod from a tag that was moved in between, and the log says why', async () => {
    let moved = 0;
    for (const [version, files] of [
      ['v1.4.0', { 'go.mod': 'module example.com/moving\n\ngo 1.22\n' }],
      ['v1.5.0', { 'other.go': 'package moving // the same go.mod\n' }],
    ] as const) {
      const [first = ''] = await moving.repository.push({ files: { 'e.go': `package moving // ${version}\n` } });
      await moving.repository.tag(version, first);
      const info = await get(`@v/${version}.info`);
      expect(info.status).toBe(200);
      const [second = ''] = await moving.repository.push({ files });
      await moving.repository.tag(version, second);

      const zip = await get(`@v/${version}.zip`);
      expect([zip.status, zip.text]).toEqual([403, expect.stringMatching(/: its tag was moved\n$/)]);
      expect((await get(`@v/${version}.info`)).bytes.equals(info.bytes)).toBe(true);
      moved++;
      const [worker] = stack.workers;
      expect(await metric(worker?.ops ?? '', 'stoa_verifications_total', { result: 'moved-tag' })).toBe(moved);
      await expect
        .poll(() => worker?.log)
        .toContainEqual(expect.objectContaining({ module: 'example.com/moving', version }));
    }
  });
});
