import type { Refusal } from '#libs/protocol';

/** What a job came to: an expected refusal is a value, not a failure. Bytes never pass here: they are in storage. */
export type Outcome = { readonly ok: true } | ({ readonly ok: false } & Refusal);

/** The outcome of a job whose output is stored. */
export const STORED: Outcome = { ok: true };

/** The outcome of a refused job. */
export function refused(refusal: Refusal): Outcome {
  return { ok: false, kind: refusal.kind, message: refusal.message };
}

const CRASHED: Outcome = { ok: false, kind: 'internal', message: 'internal error' };

/** Reads a job's return value, as Redis keeps it; anything that is no outcome is our own fault. */
export function readOutcome(json: string | null | undefined): Outcome {
  try {
    const outcome: unknown = JSON.parse(json ?? 'null');
    return typeof outcome === 'object' && outcome !== null && 'ok' in outcome ? (outcome as Outcome) : CRASHED;
  } catch {
    return CRASHED;
  }
}
