import { setTimeout as after } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { Agent, request } from 'undici';
import { expect } from 'vitest';
import { metric } from '../support/ask.js';
import { startInspected, type Holdings } from '../support/inspected-process.js';
import { startStack, type Stack } from '../support/stack.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';

/** A gateway that can be looked into, a worker, an upstream, and the queue of what is asked here. */
export interface Inspected {
  readonly stack: Stack;
  readonly upstream: FakeUpstream;
  readonly queue: Queue;
  readonly url: string;
  readonly ops: string;
  readonly holdings: () => Promise<Holdings>;
  close(): Promise<void>;
}

export async function startInspectedStack(): Promise<Inspected> {
  const upstream = await startUpstream();
  const env = {
    GOPROXY: upstream.url,
    STOA_NOT_FOUND_TTL: '1s',
    STOA_MAX_WAITING: '20000',
    STOA_MEMORY_CACHE: '0', // what it keeps by intent would look like a leak
  };
  const stack = await startStack({ gateways: 0, workers: 1, env, log: false });
  const gateway = await startInspected(stack.addGateway);
  const queue = new Queue('query', { connection: { path: stack.redis.path }, prefix: 'stoa' });
  return {
    stack,
    upstream,
    queue,
    url: gateway.url,
    ops: gateway.ops,
    holdings: gateway.holdings,
    async close() {
      await queue.close();
      await stack.close();
      await upstream.close();
    },
  };
}

/** Clients that come at once. */
const RAMP = 250;

/** What waiting clients cost a gateway. */
export interface WaitCost {
  readonly clients: number;
  readonly rss: number;
  /** Share of one CPU while nothing happens but waiting. */
  readonly cpu: number;
}

/** Has clients wait for as many different modules, watches the gateway for some milliseconds, and lets all have their answer. */
export async function waitCost(
  { upstream, queue, url, ops, holdings }: Inspected,
  clients: number,
  watch: number,
): Promise<WaitCost> {
  await queue.pause(); // the worker lives, and takes no job
  const agent = new Agent({ connections: null, headersTimeout: 300_000, connect: { timeout: 60_000 } });
  const wait = async (i: number): Promise<string> => {
    upstream.addFile(`/example.com/held/${i}/@v/list`, 'v1.0.0\n');
    const { statusCode, body } = await request(`${url}/example.com/held/${i}/@v/list`, { dispatcher: agent });
    return `${statusCode} ${await body.text()}`;
  };
  const answers: Promise<string>[] = [];
  while (answers.length < clients) {
    for (let i = 0; i < RAMP && answers.length < clients; i++) answers.push(wait(answers.length));
    await expect
      .poll(() => metric(ops, 'stoa_waiting_clients'), { timeout: 60_000, interval: 200 })
      .toBe(answers.length);
  }
  const { rss } = await holdings();
  const seconds = (): Promise<number> => metric(ops, 'process_cpu_seconds_total');
  const [before, started] = [await seconds(), performance.now()];
  await after(watch);
  const cpu = ((await seconds()) - before) / ((performance.now() - started) / 1000);
  await queue.resume();
  expect(new Set(await Promise.all(answers))).toEqual(new Set(['200 v1.0.0\n']));
  await agent.close();
  expect(await metric(ops, 'stoa_waiting_clients')).toBe(0);
  return { clients, rss, cpu };
}

/** What a gateway holds before and after churn, and what Redis does. */
export interface ChurnCost {
  readonly before: Holdings;
  readonly after: Holdings;
  /** Bytes of Redis' data, at the half of the churn and at its end. */
  readonly redis: readonly [number, number];
}

/** Asks for as many different modules as `misses`, a part of which are refused, and compares what is held. */
export async function churnCost(
  { stack, upstream, url, ops, holdings }: Inspected,
  misses: number,
): Promise<ChurnCost> {
  const agent = new Agent({ connections: 64 });
  upstream.respond('/example.com/churn/', ({ url: path = '' }, response) => {
    response
      .writeHead(path.includes('/gone') ? 404 : 200, { 'content-type': 'text/plain; charset=utf-8' })
      .end('v1.0.0\n');
  });
  let next = 0;
  const round = async (count: number): Promise<void> => {
    const end = next + count;
    const client = async (): Promise<void> => {
      while (next < end) {
        const i = next++;
        const gone = i % 4 === 0;
        const path = `/example.com/churn/${gone ? 'gone' : 'there'}${i}/@v/list`;
        const { statusCode, body } = await request(`${url}${path}`, { dispatcher: agent });
        await body.dump();
        expect([path, statusCode]).toEqual([path, gone ? 404 : 200]);
      }
    };
    await Promise.all(Array.from({ length: 64 }, client));
  };
  const memory = async (): Promise<number> => {
    await stack.redis.command('memory', 'purge');
    return Number(/used_memory_dataset:(\d+)/.exec(String(await stack.redis.command('info', 'memory')))?.[1]);
  };
  await round(Math.ceil(misses / 10)); // warm: code compiled, connections open, caches of bounded size filled
  const before = await holdings();
  await round(Math.ceil(misses / 2));
  const half = await memory();
  await round(Math.ceil(misses / 2));
  const whole = await memory();
  const now = await holdings();
  await agent.close();
  expect(await metric(ops, 'stoa_waiting_clients')).toBe(0);
  return { before, after: now, redis: [half, whole] };
}
