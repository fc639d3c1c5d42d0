import {
  takeInventory,
  type Audit,
  type Finding,
  type Item,
  type Mender,
  type Mending,
  type Target,
} from '#libs/ingest';
import type { ObjectStore } from '#libs/storage';
import type { Progressed, VerifyState } from './verify-state.js';

/** A finding and what became of it; null: nothing was to be mended. */
export type Told = Finding & { readonly mending: Mending | null };

interface Parts {
  readonly objects: ObjectStore;
  readonly audit: Audit;
  /** Null: what is found is left as it is. */
  readonly mender: Mender | null;
  readonly state: VerifyState;
  readonly targets: readonly Target[] | null;
  /** Things that are checked at once. */
  readonly width: number;
  /** Ends the run, which may then be continued. */
  readonly stop: AbortSignal;
  readonly tell: (finding: Told) => void;
  /** Called after each thing. */
  readonly advance: () => void;
}

interface Checked {
  readonly item: Item;
  readonly told: readonly Told[];
}

/** Goes through the storage from where it stopped before, and gives what it came to. Throws what a broken storage throws. */
export async function runVerify(parts: Parts, begun: Progressed): Promise<Progressed> {
  const { objects, targets, width, state } = parts;
  const failure = new AbortController();
  const stop = AbortSignal.any([parts.stop, failure.signal]);
  let progressed = begun;
  let stage: Item['stage'] | null = null;
  const running: Promise<Checked>[] = [];
  /** The oldest first, so that all in front of a place is done when the place is written down. */
  const finish = async (): Promise<void> => {
    const done = await running.shift();
    if (!done) return;
    for (const told of done.told) parts.tell(told);
    progressed = after(progressed, done);
    state.write(progressed);
    parts.advance();
  };
  try {
    for await (const item of takeInventory(objects, targets, begun.place)) {
      if (!isSince(item, begun.since)) continue;
      stop.throwIfAborted();
      while (item.stage !== stage && running.length > 0) await finish();
      stage = item.stage;
      const checking = check(parts, item, stop);
      // Awaited in its turn: until then a failure must not count as nobody's.
      checking.catch(() => {});
      running.push(checking);
      if (running.length >= width) await finish();
    }
    while (running.length > 0) await finish();
  } finally {
    failure.abort();
    await Promise.allSettled(running);
  }
  return progressed;
}

/** Whether there is anything at all to check, however old it is. */
export async function hasItems(objects: ObjectStore, targets: readonly Target[] | null): Promise<boolean> {
  const { done } = await takeInventory(objects, targets).next();
  return !done;
}

/** How many things there are to check. */
export async function countItems(
  { objects, targets }: Pick<Parts, 'objects' | 'targets'>,
  { place, since }: Progressed,
): Promise<number> {
  let items = 0;
  for await (const item of takeInventory(objects, targets, place)) if (isSince(item, since)) items++;
  return items;
}

async function check({ audit, mender }: Parts, item: Item, signal: AbortSignal): Promise<Checked> {
  const report = await audit.check(item, signal);
  const mending = mender && report.findings.length > 0 ? await mender.mend(report) : null;
  return { item, told: report.findings.map((finding) => ({ ...finding, mending })) };
}

function after(before: Progressed, { item, told }: Checked): Progressed {
  const unchecked = told.filter(({ fault }) => fault === 'unchecked').length;
  const left = told.filter(({ fault, mending }) => fault !== 'unchecked' && mending?.outcome !== 'mended').length;
  return {
    ...before,
    place: item.place,
    checked: before.checked + 1,
    findings: before.findings + told.length - unchecked,
    left: before.left + left,
    unchecked: before.unchecked + unchecked,
  };
}

/** Whether anything of it was written since then. */
function isSince(item: Item, since: number): boolean {
  const { info, mod, zip, receipt } = item.kind === 'version' ? item.version : { info: item.entry };
  return [info, mod, zip, receipt].some((entry) => entry !== undefined && entry.modified.getTime() >= since);
}
