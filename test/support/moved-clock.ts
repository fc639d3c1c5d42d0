// Loaded into a process by `node --import`: its time of day is moved by messages of the test, see clock.ts. Timers and
// performance.now() go on as they are, as they do when a system's clock is set.

/** What a test sends: how far the clock is moved from the real time, in milliseconds. It comes back when that is done. */
export interface ClockMessage {
  readonly clock: number;
}

const RealDate = Date;
let moved = 0;
const now = (): number => RealDate.now() + moved;

globalThis.Date = new Proxy(RealDate, {
  apply: () => new RealDate(now()).toString(),
  construct: (target, words: unknown[], made) =>
    Reflect.construct(target, words.length === 0 ? [now()] : words, made) as Date,
  get: (target, name) => (name === 'now' ? now : (Reflect.get(target, name) as unknown)),
});

process.on('message', (message: unknown) => {
  if (typeof message !== 'object' || message === null || !('clock' in message)) return;
  moved = Number(message.clock);
  process.send?.(message);
});
