import { setTimeout as after } from 'node:timers/promises';
import { expect } from 'vitest';
import type { FakeUpstream } from '../support/upstream.js';
import { addModule, Load, type LoadOptions, type Shot } from './load.js';
import { recordRow } from './report.js';

/** How long each part of a scenario is watched, in milliseconds, and by how much load. */
export type Pace = Scenario['watch'] & Pick<LoadOptions, 'hitsPerSecond' | 'missesPerSecond'>;

/** One fault under a steady load: what is promised, how it is done, how long each part is watched. */
export interface Scenario {
  readonly name: string;
  /** What must hold, in a sentence for docs/reliability.md. */
  readonly promise: string;
  readonly load: Omit<LoadOptions, 'upstream'>;
  readonly upstream: FakeUpstream;
  /** Does the harm; the load sees it as the time `during` from its start. */
  readonly inject: (load: Load) => Promise<void>;
  /** Ends the harm. Absent: what `inject` did is over with it (a failover, say). */
  readonly heal?: () => Promise<void>;
  /** Milliseconds of load before the fault, under it and after it. */
  readonly watch: { readonly before: number; readonly during: number; readonly after: number };
  /** How misses may end that come under the fault, besides `ok`; nothing else ever may. */
  readonly mayFail?: readonly string[];
  /** Milliseconds after the end of the fault from which no request may fail any more. */
  readonly recoversWithin: number;
  /** How often one file may be fetched at most. */
  readonly mostFetches?: number;
}

export interface Result {
  readonly shots: readonly Shot[];
  /** From the end of the fault to the last failed request that was due after it; 0: none failed. */
  readonly recovery: number;
  /** How often the file was fetched that was fetched most. */
  readonly fetches: number;
}

/** Plays a scenario, asserts its promises about counts and bodies, and adds its row to the table of this run. */
export async function play(scenario: Scenario): Promise<Result> {
  const { upstream, watch, mayFail = [], mostFetches = 1 } = scenario;
  const load = new Load({ ...scenario.load, upstream });
  await load.start();
  let began = performance.now();
  let ended = began;
  let last = '';
  try {
    await after(watch.before);
    began = performance.now();
    await scenario.inject(load);
    await after(watch.during);
    await scenario.heal?.();
    ended = performance.now();
    await after(watch.after);
    do last = await load.send('miss', addModule(upstream));
    while (last !== 'ok' && performance.now() < ended + scenario.recoversWithin);
  } finally {
    await load.stop();
  }
  const { shots } = load;
  const failed = shots.filter(({ outcome }) => outcome !== 'ok');
  const recovery = Math.max(0, ...failed.filter(({ due }) => due >= ended).map((shot) => shot.due - ended));
  const fetches = Math.max(...shots.map(({ path }) => upstream.count(path)));
  const hurt = (shot: Shot): boolean =>
    shot.kind === 'miss' && mayFail.includes(shot.outcome) && shot.due < ended + scenario.recoversWithin;
  const row = recordRow({ ...scenario, shots, began, ended, recovery, fetches });

  // Promises are counts and bodies; latencies are printed, for a busy machine must break no promise.
  const broken = failed.filter((shot) => !hurt(shot));
  expect(broken.slice(0, 5), `${scenario.promise}\n${row}`).toEqual([]);
  expect(last, `a miss after the fault\n${row}`).toBe('ok');
  expect(shots.filter(({ kind }) => kind === 'hit').length).toBeGreaterThan(0);
  expect(fetches, `fetches of one file\n${row}`).toBeLessThanOrEqual(mostFetches);
  return { shots, recovery, fetches };
}
