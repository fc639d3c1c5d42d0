import { held, type FakeUpstream } from '../support/upstream.js';
import type { Stack } from '../support/stack.js';
import { until } from '../support/until.js';
import { addModule, type Load } from './load.js';
import type { Pace, Scenario } from './scenario.js';

/** Workers, and what is around them. */
export interface Workshop {
  readonly stack: Stack;
  readonly upstream: FakeUpstream;
}

/** A way to lose workers while they have jobs. */
export interface WorkerFault {
  readonly name: string;
  readonly inject: (workshop: Workshop, load: Load) => Promise<void>;
}

/** All ways in which workers are lost under load. */
export const WORKER_FAULTS: readonly WorkerFault[] = [
  { name: 'a worker killed', inject: ({ stack }) => stack.workers[0]!.kill() },
  {
    name: 'workers stopped past their locks, and going on',
    async inject({ stack, upstream }, load) {
      const stopped = stack.workers.slice();
      const target = addModule(upstream, 'example.com/stopped');
      const zip = held();
      upstream.respond(target.path, zip.script);
      void load.send('miss', target);
      await zip.asked; // by one of them
      const other = await stack.addWorker();
      for (const worker of stopped) worker.signal('SIGSTOP');
      await other.says('took over the job of a worker that fell silent');
      zip.release();
      for (const worker of stopped) worker.signal('SIGCONT');
    },
  },
  {
    name: 'all workers replaced, one by one',
    async inject({ stack, upstream }, load) {
      for (const old of stack.workers.slice()) {
        await stack.addWorker();
        const underWay = addModule(upstream);
        void load.send('miss', underWay);
        await until(async () => upstream.count(underWay.path) === 1);
        if ((await old.stop()) !== 0) throw new Error('a worker did not stop cleanly');
      }
    },
  },
];

/** Workers lost in one way under load. */
export function workersLost(
  { name, inject }: WorkerFault,
  workshop: Workshop,
  { hitsPerSecond, missesPerSecond, ...watch }: Pace,
): Scenario {
  const { stack, upstream } = workshop;
  return {
    name,
    promise: 'No request fails; nothing is fetched more than twice; hits go on as if nothing had happened.',
    load: { gateways: stack.gateways.map(({ url }) => url), hitsPerSecond, missesPerSecond },
    upstream,
    inject: (load) => inject(workshop, load),
    watch,
    recoversWithin: 0,
    mostFetches: 2,
  };
}
