/**
 * What work comes to, or what `late` gives once so many milliseconds are over: the work goes on then. Throws what the
 * work throws meanwhile, and what `late` throws.
 */
export async function within<T, L>(milliseconds: number, work: Promise<T>, late: () => L): Promise<T | L> {
  const over = Promise.withResolvers<void>();
  // A process that was busy itself reads what has arrived meanwhile before it says that nothing came.
  const timer = setTimeout(() => setImmediate(over.resolve), milliseconds);
  try {
    return await Promise.race([work, over.promise.then(late)]);
  } finally {
    clearTimeout(timer);
  }
}
