import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, type Answer } from '../support/ask.js';
import type { StoaProcess } from '../support/processes.js';
import { startStack, type Stack } from '../support/stack.js';
import { age, storedPath, writeStored } from '../support/storage-folder.js';
import { startUpstream, status, type FakeUpstream, type Script } from '../support/upstream.js';

const MINUTE = 60_000;
const YEAR = 365 * 24 * 60 * MINUTE;
const TIME = '2024-01-02T03:04:05Z';
const [OLD, NEW] = ['v0.0.0-20240102030405-aaaaaaaaaaaa', 'v0.0.0-20240203040506-bbbbbbbbbbbb'];

let upstream: FakeUpstream;
let stack: Stack;
/** Two more gateways, whose clients do not wait until the upstream has answered. */
let hasty: readonly StoaProcess[];

beforeAll(async () => {
  upstream = await startUpstream();
  // Without memory, so that a test can make a stored answer old.
  const env = { GOPROXY: upstream.url, STOA_LIST_TTL: '10m', STOA_REFRESH_WAIT: '60s', STOA_MEMORY_CACHE: '0' };
  stack = await startStack({ gateways: 2, env });
  hasty = await Promise.all([1, 2].map(() => stack.addGateway({ STOA_REFRESH_WAIT: '500ms' })));
});
afterAll(async () => {
  await stack.close();
  await upstream.close();
});

const both = (path: string, gateways: readonly StoaProcess[] = stack.gateways.slice(0, 2)): Promise<Answer[]> =>
  Promise.all(gateways.map(({ url }) => ask(`${url}${path}`)));
const labels = (answers: readonly Answer[]) => answers.map(({ headers }) => headers.get('x-stoa-cache'));
const secondsLeft = ({ headers }: Answer) =>
  Number(/^public, max-age=(\d+)$/.exec(headers.get('cache-control') ?? '')?.[1]);

/** The answers that grow old: the path of each, its key, and how the upstream changes it. */
const KINDS = [
  {
    name: 'a list',
    path: (module: string) => `/${module}/@v/list`,
    key: (module: string) => `${module}/@v/list`,
    set: (module: string, renewed: boolean) => upstream.addList(module, renewed ? ['v1.0.0', 'v1.1.0'] : ['v1.0.0']),
    mark: 'v1.1.0',
  },
  {
    name: '@latest',
    path: (module: string) => `/${module}/@latest`,
    key: (module: string) => `${module}/@latest`,
    set: (module: string, renewed: boolean) => upstream.addLatest(module, { Version: renewed ? NEW : OLD, Time: TIME }),
    mark: NEW,
  },
  {
    name: 'the .info of a branch',
    path: (module: string) => `/${module}/@v/main.info`,
    key: (module: string) => `.meta/queries/${module}/@v/main.json`,
    set: (module: string, renewed: boolean) =>
      upstream.addRevision(module, 'main', { Version: renewed ? NEW : OLD, Time: TIME }),
    mark: NEW,
  },
] as const;

describe.each(KINDS)('$name', ({ name, path, key, set, mark }) => {
  const slug = name.replace(/\W+/g, '');
  const respond = (module: string, script: Script) => upstream.respond(path(module), script);
  const expectOld = (answers: readonly Answer[]) => {
    for (const answer of answers) expect([answer.status, answer.text.includes(mark)]).toEqual([200, false]);
  };
  const expectNew = (answers: readonly Answer[]) => {
    for (const answer of answers) expect([answer.status, answer.text.includes(mark)]).toEqual([200, true]);
  };

  /** A module whose answer is stored, and has changed in the upstream since. */
  async function known(suffix: string): Promise<string> {
    const module = `example.com/${slug}${suffix}`;
    set(module, false);
    expectOld(await both(path(module)));
    expect(upstream.count(path(module))).toBe(1);
    set(module, true);
    return module;
  }

  it('inside the TTL has the same age on every gateway, and costs no request', async () => {
    const module = await known('inside');
    await age(stack, key(module), 4 * MINUTE);
    const answers = await both(path(module));
    expectOld(answers);
    expect(labels(answers)).toEqual(['storage', 'storage']);
    for (const answer of answers) {
      expect(secondsLeft(answer)).toBeGreaterThan(5 * 60);
      expect(secondsLeft(answer)).toBeLessThanOrEqual(6 * 60);
    }
    expect(upstream.count(path(module))).toBe(1);
  });

  it('after the TTL is new for the first who asks, by one request, and then for all', async () => {
    const module = await known('after');
    await age(stack, key(module), 11 * MINUTE);
    expectNew([await ask(`${stack.url}${path(module)}`)]);
    const answers = await both(path(module));
    expectNew(answers);
    expect(labels(answers)).toEqual(['storage', 'storage']);
    expect(upstream.count(path(module))).toBe(2);
  });

  it('after the TTL costs one request however many ask at once', async () => {
    const module = await known('many');
    await age(stack, key(module), 11 * MINUTE);
    const answers = (await Promise.all(Array.from({ length: 10 }, () => both(path(module))))).flat();
    expectNew(answers);
    expect(upstream.count(path(module))).toBe(2);
  });

  it.each([
    ['failing', status(500, 'broken')],
    ['forbidding', status(403, 'forbidden')],
    ['forgetful', status(404, 'gone')],
  ])('is served whatever its age while the upstream is %s', async (fault, script) => {
    const module = await known(fault);
    respond(module, script);
    await age(stack, key(module), YEAR);
    const answers = await both(path(module));
    expectOld(answers);
    expect(labels(answers)).toEqual(['stale', 'stale']);
    expect(answers.map(secondsLeft)).toEqual([0, 0]);
  });

  it('is served stale while the upstream hangs, and is new once it answers', async () => {
    const module = await known('hanging');
    const released = Promise.withResolvers<void>();
    respond(module, async (_request, _response, serve) => {
      await released.promise;
      serve();
    });
    await age(stack, key(module), YEAR);
    const answers = await both(path(module), hasty);
    expectOld(answers);
    expect(labels(answers)).toEqual(['stale', 'stale']);
    released.resolve();
    await expect.poll(async () => (await ask(`${stack.url}${path(module)}`)).text).toContain(mark);
    expect(upstream.count(path(module))).toBe(2);
  });
});

describe('what is stored and old', () => {
  it('is served while no worker runs and while Redis is away, and is new when they are back', async () => {
    const own = await startStack({ workers: 1, env: { GOPROXY: upstream.url, STOA_MEMORY_CACHE: '0' } });
    try {
      upstream.addList('example.com/alone', ['v1.0.0']);
      const asked = () => ask(`${own.url}/example.com/alone/@v/list`);
      expect((await asked()).text).toBe('v1.0.0\n');
      upstream.addList('example.com/alone', ['v1.0.0', 'v1.1.0']);
      await age(own, 'example.com/alone/@v/list', YEAR);
      await own.workers[0]?.stop();
      const workerless = await asked();
      expect([workerless.text, workerless.headers.get('x-stoa-cache')]).toEqual(['v1.0.0\n', 'stale']);
      await own.redis.stop();
      const alone = await asked();
      expect([alone.text, alone.headers.get('x-stoa-cache')]).toEqual(['v1.0.0\n', 'stale']);
      await own.redis.start();
      await own.addWorker();
      await expect.poll(async () => (await asked()).text).toBe('v1.0.0\nv1.1.0\n');
    } finally {
      await own.close();
    }
  });

  it('is asked anew at each request where the TTL is 0, and is not called stale then', async () => {
    const gateway = await stack.addGateway({ STOA_LIST_TTL: '0s' });
    upstream.addList('example.com/eager', ['v1.0.0']);
    for (const count of [1, 2, 3]) {
      const answer = await ask(`${gateway.url}/example.com/eager/@v/list`);
      expect([answer.text, answer.headers.get('x-stoa-cache')]).toEqual(['v1.0.0\n', 'fetched']);
      expect(upstream.count('/example.com/eager/@v/list')).toBe(count);
    }
  });
});

describe('the memory of a gateway', () => {
  it('keeps what it has, and asks the storage again when it may have missed a change', async () => {
    const own = await startStack({ workers: 1, gateways: 2, env: { GOPROXY: upstream.url, STOA_LIST_TTL: '1h' } });
    try {
      upstream.addList('example.com/minded', ['v1.0.0']);
      upstream.add('example.com/removed', 'v1.0.0');
      const removed = 'example.com/removed/@v/v1.0.0.mod';
      const fetches = async () => {
        for (const { url } of own.gateways) await ask(`${url}/${removed}`);
        return upstream.count(`/${removed}`);
      };
      expect([await fetches(), await fetches()]).toEqual([1, 1]);
      const asked = () => Promise.all(own.gateways.map(({ url }) => ask(`${url}/example.com/minded/@v/list`)));
      // The news of the refresh may come after the answer, and drops it once more.
      await expect.poll(async () => labels(await asked())).toEqual(['memory', 'memory']);
      await own.redis.stop();
      await writeStored(own, 'example.com/minded/@v/list', 'v1.0.0\nv1.5.0\n');
      await rm(storedPath(own, removed));
      expect(await fetches()).toBe(1);
      expect((await asked()).map(({ text }) => text)).toEqual(['v1.0.0\n', 'v1.0.0\n']);
      await own.redis.start();
      await expect
        .poll(async () => (await asked()).map(({ text }) => text))
        .toEqual(['v1.0.0\nv1.5.0\n', 'v1.0.0\nv1.5.0\n']);
      expect(await fetches()).toBe(2);
    } finally {
      await own.close();
    }
  });
});
