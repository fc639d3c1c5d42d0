import sonic from 'sonic-boom';

/** Bytes of lines that wait while they can't be written: what comes after them is dropped. */
const MOST_WAITING = 16 * 1024 * 1024;
/** How often a reader that takes nothing is tried at exit: every tenth of a second. */
const LAST_TRIES = 10;

/**
 * Opens what a log is written to, stdout or stderr (2), in blocks: a line a write costs a busy gateway a tenth of its
 * time. What is left is written at exit. A log that can't be written, for its disk is full or its reader is gone, ends
 * no process and holds none up: pino's own destination does both.
 */
export function openDestination(descriptor: 1 | 2): sonic.SonicBoom {
  let tries = Infinity;
  const destination = new sonic.SonicBoom({
    fd: descriptor,
    minLength: 4096,
    periodicFlush: 100,
    maxLength: MOST_WAITING,
    retryEAGAIN: () => tries-- > 0,
  });
  // There is nowhere to tell it. What waits is tried again with the next block.
  destination.on('error', () => {});
  process.on('exit', () => {
    tries = LAST_TRIES;
    try {
      destination.flushSync();
    } catch {
      // Nobody will read it.
    }
  });
  return destination;
}
