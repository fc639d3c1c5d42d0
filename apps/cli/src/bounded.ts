/**
 * Does something with each of many things, so many at once, until `stop` aborts. Waits for what is under way; then
 * throws the first failure, which ends it too.
 */
export async function forEachOf<T>(
  things: AsyncIterable<T>,
  { concurrency, stop }: { readonly concurrency: number; readonly stop: AbortSignal },
  use: (thing: T) => Promise<void>,
): Promise<void> {
  const iterator = things[Symbol.asyncIterator]();
  const failures: unknown[] = [];
  const run = async (): Promise<void> => {
    while (failures.length === 0 && !stop.aborted) {
      try {
        const next = await iterator.next();
        if (next.done) return;
        await use(next.value);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, run));
  await iterator.return?.();
  if (failures.length > 0) throw failures[0];
}
