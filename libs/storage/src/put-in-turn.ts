import type { ObjectStore, SmallPut } from './object-store.js';

/** Does `putInTurn` for a store that has no quicker way than one put after the other. */
export async function putInTurn(store: Pick<ObjectStore, 'put'>, objects: readonly SmallPut[]): Promise<number> {
  let stored = 0;
  for (const { key, bytes, mode } of objects) {
    if (!(await store.put(key, bytes, { size: bytes.length, mode }))) break;
    stored++;
  }
  return stored;
}
