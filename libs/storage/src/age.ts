import type { ObjectStat } from './object-store.js';

/**
 * How far from now an object was written, in milliseconds by this process' clock. What comes from the future was
 * stamped by another clock, or before this one was set back: if it counted as new, an answer would stay fresh until then.
 */
export function ageOf({ modified }: Pick<ObjectStat, 'modified'>): number {
  return Math.abs(Date.now() - modified.getTime());
}
