/**
 * Milliseconds within which two signals are one: Ctrl-C reaches every process of the terminal's group, and npm, one of
 * them, passes it on to us once more.
 */
const ONE_KEY_PRESS = 1_000;

/** The wishes to stop that reach this process as signals. */
export interface StopSignals {
  /** Aborts at the first. */
  readonly stop: AbortSignal;
  /** Aborts at the second: at once, please. */
  readonly force: AbortSignal;
}

/** Takes SIGINT, SIGTERM and SIGHUP (the terminal was closed) from now on. */
export function watchStopSignals(): StopSignals {
  const stop = new AbortController();
  const force = new AbortController();
  let first = 0;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (!stop.signal.aborted) {
        first = performance.now();
        stop.abort(name);
      } else if (performance.now() - first > ONE_KEY_PRESS) force.abort(name);
    });
  }
  return { stop: stop.signal, force: force.signal };
}
