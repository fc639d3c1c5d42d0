import { expect, it, onTestFinished } from 'vitest';
import { setTimeout as after } from 'node:timers/promises';
import { ask, metric } from '../support/ask.js';
import { startStack } from '../support/stack.js';
import { held, startUpstream } from '../support/upstream.js';

/** Longer than a client waits on without a worker that lives, or without Redis. */
const LONG = 25_000;

it(
  'clients that wait have their file after all froze for long, as in a laptop that sleeps, and thaw one by one',
  { timeout: 240_000 },
  async () => {
    const upstream = await startUpstream();
    onTestFinished(() => upstream.close());
    const stack = await startStack({ env: { GOPROXY: upstream.url } });
    onTestFinished(() => stack.close());
    const [gateway, worker] = [stack.gateways[0]!, stack.workers[0]!];
    const path = '/example.com/asleep/@v/v1.0.0.zip';
    const zip = held();
    upstream.add('example.com/asleep', 'v1.0.0').respond(path, zip.script);
    const answer = ask(`${gateway.url}${path}`);
    await zip.asked;
    for (const one of [gateway, worker]) one.signal('SIGSTOP');
    stack.redis.freeze();
    await after(LONG);
    stack.redis.thaw();
    gateway.signal('SIGCONT');
    await expect.poll(() => metric(gateway.ops, 'stoa_workers')).toBe(0);
    worker.signal('SIGCONT');
    zip.release();
    expect((await answer).status).toBe(200);
  },
);
