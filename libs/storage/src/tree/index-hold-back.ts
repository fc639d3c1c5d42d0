/**
 * How old an index entry is before it is read, in milliseconds by the clock that stamps it. A writer that takes a time
 * stamp and then writes the entry has so long to get it in; later it would come behind readers who have gone on.
 */
export const INDEX_HOLD_BACK = 5_000;
