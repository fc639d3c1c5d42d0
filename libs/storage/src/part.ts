import { readBody } from './body.js';
import type { ByteRange, ObjectBody, ObjectStat, Tier } from './object-store.js';

/** Which part of an object a caller wants, once its size and validators are known. May be asked more than once. */
export type Choose = (stat: ObjectStat) => 'all' | 'nothing' | ByteRange;

/** The part of an object that was chosen. */
export interface ObjectPart {
  readonly stat: ObjectStat;
  /** Null when nothing was wanted. A stream must be consumed or destroyed. */
  readonly body: ObjectBody['body'] | null;
  readonly tier: Tier;
}

/** Where a small object is that may be replaced at any time. */
export interface SmallObject {
  stat(): Promise<ObjectStat | null>;
  get(): Promise<ObjectBody | null>;
}

/**
 * Reads what is wanted of a small object, never as a stream, so that a caller may drop it. Its bytes are not read when
 * nothing of them is wanted; else it is read whole and chosen from anew, for meanwhile it may have been replaced.
 */
export async function readPart(object: SmallObject, choose?: Choose): Promise<ObjectPart | null> {
  if (choose) {
    const stat = await object.stat();
    if (!stat) return null;
    if (choose(stat) === 'nothing') return { stat, body: null, tier: 'storage' };
  }
  const whole = await object.get();
  return whole && cutPart({ ...whole, body: await readBody(whole.body) }, choose);
}

/** Cuts what is wanted out of an object that was read whole. */
export function cutPart(whole: ObjectPart & { readonly body: Buffer }, choose?: Choose): ObjectPart {
  const part = choose?.(whole.stat) ?? 'all';
  if (part === 'all') return whole;
  return { ...whole, body: part === 'nothing' ? null : whole.body.subarray(part.start, part.end + 1) };
}
