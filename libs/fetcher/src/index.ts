export type {
  DownloadContext,
  FetchContext,
  FetchedFile,
  FetchedText,
  FetchedZip,
  Fetcher,
  SumdbFetcher,
} from './fetcher.js';
export { createFetcher, type FetcherOptions } from './create-fetcher.js';
export { EgressGuard } from './guard/egress-guard.js';
export { ForwardProxy } from './guard/forward-proxy.js';
export { DirectFetcher } from './direct/direct.fetcher.js';
export { PlannedFetcher } from './plan/planned-fetcher.js';
export type { UpstreamLimits } from './upstream/limits.js';
