import type { Judge } from '../support/judge.js';
import { compareAnswers, type Findings } from './comparison.js';
import { Random } from './random.js';
import { makeText } from './texts.js';
import { WAYS, type WayName } from './ways.js';

/** What the judge says of one batch waits in a pipe while the next is answered here: it should fit in there. */
const BATCH = 200;
/** One bug has many faces: after so many faults no more are looked for. */
const ENOUGH_FAULTS = 10;
/** The ways of the batches, over and over. */
const TURNS: readonly WayName[] = ['request', 'path', 'request', 'version', 'request', 'pair'];

export const MAX_SEED = 2 ** 32 - 1;

export interface Plan {
  /** 32 bits: the same seed and corpus make the same cases. */
  readonly seed: number;
  readonly cases: number;
  /** The kept texts. Each is asked in every way first, then they are mutated. */
  readonly corpus: readonly string[];
}

interface Batch {
  readonly way: WayName;
  readonly texts: readonly string[];
}

function* makeBatches({ seed, cases, corpus }: Plan): Generator<Batch> {
  const random = new Random(seed);
  for (const way of Object.keys(WAYS) as WayName[]) yield { way, texts: corpus };
  for (let made = 0, turn = 0; made < cases; made += BATCH, turn++) {
    const way = TURNS[turn % TURNS.length]!;
    yield { way, texts: Array.from({ length: Math.min(BATCH, cases - made) }, () => makeText(way, corpus, random)) };
  }
}

/** Holds libs/protocol against the judge and against its own laws: the kept texts, then as many made ones as planned. */
export async function runCampaign(judge: Judge, plan: Plan): Promise<Findings> {
  const { stackTraceLimit } = Error;
  // A stack for each refusal would take a quarter of the time, and nobody reads it.
  Error.stackTraceLimit = 0;
  try {
    return await runBatches(judge, makeBatches(plan));
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

async function runBatches(judge: Judge, batches: Iterable<Batch>): Promise<Findings> {
  const faults = new Set<string>();
  let [cases, accepted] = [0, 0];
  const settle = async (findings: Promise<Findings>): Promise<void> => {
    const found = await findings;
    cases += found.cases;
    accepted += found.accepted;
    for (const fault of found.faults) faults.add(fault);
  };

  let last: Promise<Findings> | null = null;
  for (const { way, texts } of batches) {
    // The judge works on this batch while we are at it, and at the making of the next.
    const findings = compareAnswers(judge, way, texts);
    if (last !== null) await settle(last);
    last = findings;
    if (faults.size >= ENOUGH_FAULTS) break;
  }
  if (last !== null) await settle(last);
  return { cases, accepted, faults: [...faults] };
}
