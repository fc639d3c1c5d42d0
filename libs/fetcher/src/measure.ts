import type { Metrics } from '#libs/observability';
import { RefusalError } from '#libs/protocol';

/** What kind of source is asked: a metric label. */
export type SourceKind = 'proxy' | 'file' | 'direct' | 'sumdb';

/** Counts and times one request to a source, from its start to the last byte that was checked. */
export async function measured<T>(
  metrics: Metrics,
  source: SourceKind,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const stop = metrics.upstreamDuration.startTimer();
  let outcome = 'ok';
  try {
    return await work();
  } catch (error) {
    outcome = signal.aborted ? 'aborted' : error instanceof RefusalError ? error.kind : 'internal';
    throw error;
  } finally {
    stop();
    metrics.upstreamRequests.inc({ source, outcome });
  }
}
