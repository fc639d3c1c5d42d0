import { RefusalError, type RefusalKind } from '#libs/protocol';
import type { ProxyEntry } from './proxy-list.js';

/** What another source may do better. `busy` and `internal` are faults of this worker: no source mends them. */
const ELSEWHERE: ReadonlySet<RefusalKind> = new Set(['not-found', 'forbidden', 'upstream', 'timeout']);

/**
 * Tries sources in their order until one answers (cmd/go, modfetch/proxy.go TryProxies). Not-found goes on to the
 * next source, any other refusal only where the entry says so; an abort ends the walk at once. Throws what cmd/go
 * reports: the refusal of `direct`, else the last one that is not not-found, else the last one.
 */
export async function walk<E extends { readonly kind: ProxyEntry['kind']; readonly fallBackOnError?: boolean }, T>(
  entries: readonly E[],
  signal: AbortSignal,
  attempt: (entry: E) => Promise<T>,
): Promise<T> {
  let best: { readonly error: unknown; readonly rank: number } | null = null;
  for (const entry of entries) {
    try {
      return await attempt(entry);
    } catch (error) {
      if (signal.aborted || !(error instanceof RefusalError) || !ELSEWHERE.has(error.kind)) throw error;
      const rank = rankOf(entry.kind, error.kind);
      if (best === null || rank >= best.rank) best = { error, rank };
      if (error.kind !== 'not-found' && entry.fallBackOnError !== true) break;
    }
  }
  throw best?.error ?? new Error('a walk without sources');
}

function rankOf(entry: ProxyEntry['kind'], refusal: RefusalKind): number {
  if (entry === 'direct') return 2;
  return refusal === 'not-found' ? 0 : 1;
}
