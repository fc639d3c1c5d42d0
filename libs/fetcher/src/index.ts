export type { FetchContext, FetchedFile, FetchedText, FetchedZip, Fetcher, SumdbFetcher } from './fetcher.js';
