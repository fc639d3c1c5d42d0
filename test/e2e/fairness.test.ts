import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.js';
import { startStack, type Stack } from '../support/stack.js';
import { startUpstream, type FakeUpstream, type Script } from '../support/upstream.js';

let upstream: FakeUpstream;
const stacks: Stack[] = [];

beforeAll(async () => {
  upstream = await startUpstream();
});
afterAll(() => upstream.close());
afterEach(async () => {
  await Promise.all(stacks.splice(0).map((stack) => stack.close()));
});

async function ownStack(env: Record<string, string>): Promise<Stack> {
  const stack = await startStack({ env: { GOPROXY: upstream.url, ...env } });
  stacks.push(stack);
  return stack;
}

/** Holds answers until they are let go, and knows how many it held at most. */
function gate(): { readonly script: Script; readonly most: () => number; readonly open: () => void } {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  let held = 0;
  let most = 0;
  const script: Script = async (_request, _response, serve) => {
    most = Math.max(most, ++held);
    await opened;
    held--;
    serve();
  };
  return { script, most: () => most, open };
}

const zip = (module: string): string => `/${module}/@v/v1.0.0.zip`;

describe('a host with many slow modules', () => {
  const slow = Array.from({ length: 12 }, (_, at) => `slow.example.com/m${at}`);

  it('takes at most half of the slots: those of other hosts are served meanwhile, its own in their time', async () => {
    const stack = await ownStack({ STOA_DOWNLOAD_CONCURRENCY: '4' });
    const { script, most, open } = gate();
    for (const module of slow) upstream.add(module, 'v1.0.0').respond(zip(module), script);
    for (const at of [0, 1, 2, 3]) upstream.add(`quick.example.com/m${at}`, 'v1.0.0');

    const waiting = slow.map((module) => ask(`${stack.url}${zip(module)}`));
    await expect.poll(most).toBe(2);
    for (const at of [0, 1, 2, 3])
      expect((await ask(`${stack.url}${zip(`quick.example.com/m${at}`)}`)).status).toBe(200);
    expect(most()).toBe(2);

    open();
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(slow.map(() => 200));
    for (const module of slow) expect(upstream.count(zip(module))).toBe(1);
  });
});

describe('quick answers', () => {
  it('do not wait behind downloads that take every slot', async () => {
    const stack = await ownStack({ STOA_DOWNLOAD_CONCURRENCY: '2' });
    const { script, most, open } = gate();
    const busy = ['a.example.com/m', 'b.example.com/m', 'c.example.com/m'];
    for (const module of busy) upstream.add(module, 'v1.0.0').respond(zip(module), script);
    upstream.add('d.example.com/m', 'v1.0.0');

    const waiting = busy.map((module) => ask(`${stack.url}${zip(module)}`));
    await expect.poll(most).toBe(2);
    for (const name of ['list', 'v1.0.0.info', 'v1.0.0.mod'])
      expect((await ask(`${stack.url}/d.example.com/m/@v/${name}`)).status).toBe(200);
    expect((await ask(`${stack.url}/d.example.com/m/@latest`)).status).toBe(200);
    open();
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200, 200]);
  });
});

describe('more than STOA_MAX_WAITING', () => {
  it('waiting jobs turn misses away at once with 503, hits go on, and all recovers when they are done', async () => {
    const stack = await ownStack({ STOA_DOWNLOAD_CONCURRENCY: '1', STOA_MAX_WAITING: '3' });
    const { script, most, open } = gate();
    const modules = Array.from({ length: 5 }, (_, at) => `h${at}.example.com/m`);
    for (const module of modules) upstream.add(module, 'v1.0.0').respond(zip(module), script);
    expect((await ask(`${stack.url}/${modules[0]}/@v/v1.0.0.mod`)).status).toBe(200);

    const begin = (module: string) => ask(`${stack.url}${zip(module)}`);
    const running = begin(modules[0]!);
    await expect.poll(most).toBe(1);
    const waiting = modules.slice(1, 4).map(begin);
    // The gateway's view of the queue is half a second old at most; a new module each time, for refusals are kept.
    let asked = 0;
    const miss = async () => (await ask(`${stack.url}/late${asked++}.example.com/m/@v/v1.0.0.info`)).status;
    await expect.poll(miss).toBe(503);
    const late = await begin(modules[4]!);
    expect([late.status, late.text]).toEqual([503, expect.stringContaining('too many requests are waiting')]);
    expect(Number(late.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await ask(`${stack.url}/${modules[0]}/@v/v1.0.0.mod`)).status).toBe(200);

    open();
    expect((await Promise.all([running, ...waiting])).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    await expect.poll(async () => (await begin(modules[4]!)).status).toBe(200);
  });
});
