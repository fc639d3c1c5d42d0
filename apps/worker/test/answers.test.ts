import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { status } from '../../../test/support/upstream.js';
import { CONTEXT, startWorking, type Working } from './working.js';

const module = 'example.com/m';
const LIST = 'example.com/m/@v/list';
const LATEST = 'example.com/m/@latest';

let working: Working;

beforeEach(async () => {
  working = await startWorking();
});
afterEach(() => working.close());

const store = (version: string) => working.worker()['fetch.mod']({ module, version }, CONTEXT);
const list = () => working.worker()['query.list']({ module }, CONTEXT);
const latest = () => working.worker()['query.latest']({ module }, CONTEXT);

describe('a list', () => {
  it('has what the source lists, what it once listed, and what is stored', async () => {
    working.upstream.add(module, 'v1.0.0').add(module, 'v1.1.0').add(module, 'v1.2.0');
    working.upstream.addList(module, ['v1.1.0', 'v1.10.0', 'v2.0.0', 'v1.3', 'junk']);
    await list();
    await store('v1.0.0');
    working.upstream.addList(module, ['v1.9.0', 'v1.9.0-rc.1']);
    await list();
    expect(await working.read(LIST)).toBe('v1.0.0\nv1.1.0\nv1.9.0-rc.1\nv1.9.0\nv1.10.0\n');
    expect(working.told).toEqual([LIST, LIST]);
  });

  it('keeps a version that was stored while the list was known, and whose tag is gone', async () => {
    working.upstream.add(module, 'v1.0.0').add(module, 'v1.1.0').addList(module, ['v1.0.0']);
    await list();
    await store('v1.1.0');
    await list();
    expect(await working.read(LIST)).toBe('v1.0.0\nv1.1.0\n');
  });

  it('of a module that the source has forgotten is what is stored', async () => {
    working.upstream.add(module, 'v1.0.0');
    await store('v1.0.0');
    working.upstream.addList(module, null);
    await list();
    expect(await working.read(LIST)).toBe('v1.0.0\n');
  });

  it('that is known stays as old as it is when the source has forgotten the module', async () => {
    working.upstream.add(module, 'v1.0.0');
    await store('v1.0.0');
    await list();
    const before = await working.objects.stat(LIST);
    working.upstream.addList(module, null);
    await expect(list()).rejects.toMatchObject({ kind: 'not-found' });
    expect(await working.objects.stat(LIST)).toEqual(before);
  });

  it.each([
    [500, 'upstream'],
    [403, 'forbidden'],
    [404, 'not-found'],
  ])('is refused when the source says %i and there is none yet', async (code, kind) => {
    working.upstream.respond('/example.com/m/@v/list', status(code));
    await expect(list()).rejects.toMatchObject({ kind });
    expect(await working.read(LIST)).toBeNull();
  });
});

describe('an answer that another job has made meanwhile', () => {
  it.each([
    ['query.list', LIST],
    ['query.latest', LATEST],
    ['query.revision', '.meta/queries/example.com/m/@v/main.json'],
  ] as const)('is not asked for again by %s, unless it has to be', async (job, key) => {
    working.upstream.add(module, 'v1.0.0').addRevision(module, 'main', { Version: 'v1.0.0' });
    const run = (seen?: number) =>
      working.worker()[job]({ module, query: 'main', ...(seen !== undefined && { seen }) }, CONTEXT);
    await run(0);
    const asked = working.upstream.requests.length;
    const stored = (await working.objects.stat(key))?.modified.getTime() ?? 0;
    await run(0);
    await run(stored - 1);
    expect(working.upstream.requests.length).toBe(asked);
    await run(stored);
    expect(working.upstream.requests.length).toBe(2 * asked);
    await run();
    expect(working.upstream.requests.length).toBe(3 * asked);
  });
});

describe('@latest', () => {
  it('is what the source says, byte for byte', async () => {
    const info = '{"Version":"v1.0.0","Time":"2024-01-02T03:04:05Z","Origin":{"VCS":"git","Ref":"refs/tags/v1.0.0"}}';
    working.upstream.addLatest(module, info);
    await latest();
    expect(await working.read(LATEST)).toBe(info);
  });

  it('of a module that the source has forgotten is chosen from what is stored, as go does', async () => {
    for (const version of ['v1.0.0', 'v1.1.0-rc.1', 'v1.0.1'])
      working.upstream.add(module, version, { mod: `module ${module}\n\nretract v1.0.1\n` });
    for (const version of ['v1.0.0', 'v1.1.0-rc.1', 'v1.0.1']) await store(version);
    working.upstream.addLatest(module, null).addList(module, null);
    await latest();
    expect(JSON.parse((await working.read(LATEST)) ?? '')).toMatchObject({ Version: 'v1.0.0' });
  });

  it('is refused when the source has none and nothing is stored', async () => {
    await expect(latest()).rejects.toMatchObject({ kind: 'not-found' });
  });
});

describe('a worker that was stopped for a while', () => {
  it('puts no old answer over the one that another worker has stored meanwhile', async () => {
    working.upstream.add(module, 'v1.0.0');
    await latest();
    const [asked, told] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    working.upstream.respond(`/${LATEST}`, async (_request, response) => {
      asked.resolve();
      await told.promise;
      response.end(JSON.stringify({ Version: 'v1.0.0' }));
    });
    const stopped = latest();
    await asked.promise;
    working.upstream.respond(`/${LATEST}`, (_request, _response, serve) => serve());
    working.upstream.add(module, 'v1.1.0');
    await latest();
    told.resolve();
    await stopped;
    expect(await working.read(LATEST)).toContain('v1.1.0');
  });
});
