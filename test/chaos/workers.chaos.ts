import { setTimeout as after } from 'node:timers/promises';
import { afterEach, beforeEach, describe, it } from 'vitest';
import { startStack, type Stack } from '../support/stack.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';
import { addModule, type Load } from './load.js';
import { play } from './scenario.js';

/** Longer than a lock holds and another worker looks for those that ran out. */
const PAST_THE_LOCK = 15_000;

let upstream: FakeUpstream;
let stack: Stack;

beforeEach(async () => {
  upstream = await startUpstream({ latency: 200 });
  stack = await startStack({ gateways: 2, workers: 2, env: { GOPROXY: upstream.url, STOA_SHUTDOWN_GRACE: '1s' } });
});
afterEach(async () => {
  await stack.close();
  await upstream.close();
});

interface WorkerFault {
  readonly name: string;
  readonly inject: (load: Load) => Promise<void>;
}

const FAULTS: readonly WorkerFault[] = [
  { name: 'a worker killed', inject: () => stack.workers[0]!.kill() },
  {
    name: 'a worker stopped past its lock, and going on',
    async inject() {
      stack.workers[0]!.signal('SIGSTOP');
      await after(PAST_THE_LOCK);
      stack.workers[0]!.signal('SIGCONT');
    },
  },
  {
    name: 'all workers replaced, one by one',
    async inject(load) {
      for (const old of stack.workers.slice()) {
        await stack.addWorker();
        void load.send('miss', addModule(upstream));
        if ((await old.stop()) !== 0) throw new Error('a worker did not stop cleanly');
      }
    },
  },
];

describe('workers', () => {
  it.each(FAULTS)('$name', async ({ name, inject }) => {
    await play({
      name,
      promise: 'No request fails; nothing is fetched more than twice; hits go on as if nothing had happened.',
      load: { gateways: stack.gateways.map(({ url }) => url), hitsPerSecond: 100, missesPerSecond: 10 },
      upstream,
      inject,
      watch: { before: 5_000, during: 5_000, after: 15_000 },
      recoversWithin: 0,
      mostFetches: 2,
    });
  });
});
