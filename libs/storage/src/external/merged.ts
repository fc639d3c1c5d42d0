import type { ObjectEntry } from '../object-store.js';

/** Gives the entries of two lists in the order of their keys, each of which is in that order. */
export async function* merged(
  one: AsyncGenerator<ObjectEntry>,
  other: AsyncGenerator<ObjectEntry>,
): AsyncGenerator<ObjectEntry> {
  try {
    let [left, right] = [await one.next(), await other.next()];
    while (!left.done || !right.done) {
      if (right.done || (!left.done && left.value.key < right.value.key)) {
        if (!left.done) yield left.value;
        left = await one.next();
      } else {
        yield right.value;
        right = await other.next();
      }
    }
  } finally {
    // A reader may have left.
    await Promise.all([one.return(undefined), other.return(undefined)]);
  }
}
