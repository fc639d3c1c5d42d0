import { afterAll, beforeAll, describe, it, type TestContext } from 'vitest';
import { ask, metric } from '../support/ask.js';
import { HOUR, startClocked } from '../support/clock.js';
import { holdRequests } from '../support/held-requests.js';
import { setRedisClock } from '../support/redis-clock.js';
import { startStack, type Stack } from '../support/stack.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';

/** Seconds go by where a lock must be renewed, more where the machine is busy. */
const PATIENT = { timeout: 60_000 };
const version = 'v1.0.0';
const zip = (module: string): string => `/${module}/@v/${version}.zip`;

let upstream: FakeUpstream;
beforeAll(async () => {
  upstream = await startUpstream();
});
afterAll(() => upstream.close());

/** A stack without processes: each test adds those whose clocks it moves. */
async function ownStack({ onTestFinished }: TestContext, env: Record<string, string> = {}): Promise<Stack> {
  const stack = await startStack({ gateways: 0, workers: 0, env: { GOPROXY: upstream.url, ...env } });
  onTestFinished(() => stack.close());
  return stack;
}

/** The milliseconds that the lock of the one running download holds; null: there is none. */
async function lockLeft({ redis }: Stack): Promise<number | null> {
  const [key] = (await redis.command('keys', 'stoa:download:*:lock')) as string[];
  return key === undefined ? null : Number(await redis.command('pttl', key));
}

/** Resolves when that lock was renewed: it holds for longer than it did before. */
async function renewal(stack: Stack, { expect }: TestContext): Promise<void> {
  let last = await lockLeft(stack);
  const renewed = async (): Promise<boolean> => {
    const [before, now] = [last, await lockLeft(stack)];
    last = now;
    return now !== null && now > (before ?? 0);
  };
  await expect.poll(renewed, PATIENT).toBe(true);
}

// At once, for each of them waits until some seconds have gone by.
describe.concurrent('a clock that jumps by an hour', () => {
  it('and back, in a worker: its job goes on, is fetched once, and the client gets its answer', async (test) => {
    const { expect } = test;
    const stack = await ownStack(test);
    const worker = await startClocked(stack.addWorker);
    const gateway = await stack.addGateway();
    const module = 'example.com/running';
    upstream.add(module, version);
    const [held] = holdRequests(upstream, zip(module));
    const answer = ask(`${gateway.url}${zip(module)}`);
    await held!.arrived;
    for (const clock of [HOUR, -HOUR]) {
      await worker.setClock(clock);
      await renewal(stack, test);
    }
    await worker.setClock(0);
    held!.release();
    expect((await answer).status).toBe(200);
    expect(upstream.count(zip(module))).toBe(1);
  });

  it('in a gateway: who waits is answered, and lists and refusals do not outlive their time', async (test) => {
    const { expect } = test;
    const stack = await ownStack(test, { STOA_NOT_FOUND_TTL: '1s' });
    const [, right, wrong] = await Promise.all([stack.addWorker(), stack.addGateway(), startClocked(stack.addGateway)]);
    for (const clock of [HOUR, -HOUR]) {
      const [module, gone] = [`example.com/there${clock}`, `example.com/gone${clock}`];
      upstream.add(module, version);
      const held = [module, gone].map((name) => holdRequests(upstream, zip(name))[0]!);
      const answers = [module, gone].map((name) => ask(`${wrong.url}${zip(name)}`));
      await Promise.all(held.map(({ arrived }) => arrived));
      await wrong.setClock(clock);
      for (const one of held) one.release();
      expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 404]);

      expect((await ask(`${right.url}/${module}/@v/list`)).text).toBe(`${version}\n`);
      const next = `${wrong.url}/${module}/@v/v1.1.0.info`;
      const refused = await ask(next);
      expect([refused.status, maxAge(refused)]).toEqual([404, 1]);
      upstream.add(module, 'v1.1.0');
      // It can't know which clock is right, so it takes nothing for new that may be old.
      const list = await ask(`${wrong.url}/${module}/@v/list`);
      expect([list.text, maxAge(list)]).toEqual([`${version}\nv1.1.0\n`, 0]);
      await expect.poll(async () => (await ask(next)).status, PATIENT).toBe(200);
    }
    const indexed = async (): Promise<string> => (await ask(`${wrong.url}/index`)).text;
    await expect.poll(indexed, PATIENT).toContain(`"Path":"example.com/there${HOUR}"`);
  });

  it('and back, in a worker that dies then: jobs that it had delayed are done by another', async (test) => {
    const { expect } = test;
    const slots = { STOA_DOWNLOAD_CONCURRENCY: '4' };
    const stack = await ownStack(test, slots);
    const worker = await startClocked(stack.addWorker);
    const gateway = await stack.addGateway();
    const host = 'slow-clock.example.com';
    const modules = Array.from({ length: 5 }, (_, at) => `${host}/m${at}`);
    for (const module of modules) upstream.add(module, version);
    const held = modules.map((module) => holdRequests(upstream, zip(module))[0]!);
    await worker.setClock(HOUR);
    const answers = modules.map((module) => ask(`${gateway.url}${zip(module)}`));
    await expect.poll(() => stack.redis.command('zcard', 'stoa:download:delayed'), PATIENT).toBe(3);
    await worker.setClock(0);
    await worker.kill();
    for (const one of held) one.release();
    await stack.addWorker(slots);
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(modules.map(() => 200));
    for (const module of modules) expect(upstream.count(zip(module))).toBeLessThanOrEqual(2);
  });

  it('in Redis: no refusal outlives its time, a job that runs is done, and no dead worker counts as alive', async (test) => {
    const { expect } = test;
    const stack = await ownStack(test, { STOA_NOT_FOUND_TTL: '1s' });
    const [worker, gateway] = await Promise.all([stack.addWorker(), stack.addGateway()]);
    const [refused, running] = ['example.com/redis-refused', 'example.com/redis-running'];
    expect((await ask(`${gateway.url}${zip(refused)}`)).status).toBe(404);
    await setRedisClock(stack.redis, -HOUR);
    upstream.add(refused, version);
    await expect.poll(async () => (await ask(`${gateway.url}${zip(refused)}`)).status, PATIENT).toBe(200);

    upstream.add(running, version);
    const [held] = holdRequests(upstream, zip(running));
    const answer = ask(`${gateway.url}${zip(running)}`);
    await held!.arrived;
    await setRedisClock(stack.redis, HOUR);
    await worker.says('this worker fell silent');
    held!.release();
    expect((await answer).status).toBe(200);
    expect(upstream.count(zip(running))).toBeLessThanOrEqual(2);

    await worker.kill();
    await setRedisClock(stack.redis, -HOUR);
    await expect.poll(() => metric(gateway.ops, 'stoa_workers'), PATIENT).toBe(0);
    const late = await ask(`${gateway.url}${zip('example.com/redis-late')}`);
    expect([late.status, late.text]).toEqual([503, expect.stringContaining('no worker is running')]);
  });

  it('in Redis, back, when a worker dies: another takes over its job', async (test) => {
    const { expect } = test;
    const stack = await ownStack(test);
    const [worker, gateway] = await Promise.all([stack.addWorker(), stack.addGateway()]);
    const module = 'example.com/redis-dead';
    upstream.add(module, version);
    const [held] = holdRequests(upstream, zip(module));
    const answer = ask(`${gateway.url}${zip(module)}`);
    await held!.arrived;
    await stack.addWorker();
    worker.signal('SIGSTOP'); // so that it renews no lock meanwhile
    await setRedisClock(stack.redis, -HOUR);
    await worker.kill();
    expect(await lockLeft(stack)).toBeGreaterThan(HOUR / 2);
    expect((await answer).status).toBe(200);
    expect(upstream.count(zip(module))).toBe(2);
    held!.release();
  });
});

/** The seconds for which an answer may be kept. */
function maxAge({ headers }: { readonly headers: Headers }): number {
  return Number(/max-age=(\d+)/.exec(headers.get('cache-control') ?? '')?.[1]);
}
