import type { ModuleVersion } from '#libs/protocol';

/** What a fetch may use. */
export interface FetchContext {
  /** Aborted at the job's deadline, at shutdown, or when the job's lock is lost. */
  readonly signal: AbortSignal;
  /** When the job's time is over, on performance.now()'s clock; sources share it. Absent: nobody knows. */
  readonly deadline?: number;
  /** The request that first asked for it, for the log. */
  readonly requestId?: string;
}

/** What a fetch of a large file may use. */
export interface DownloadContext extends FetchContext {
  /** A folder of this job alone, removed after it whatever happens. */
  readonly scratch: string;
}

/** Bytes of a small file and the source that gave them (a label without credentials, fit for a receipt). */
export interface FetchedText {
  readonly bytes: Buffer;
  readonly source: string;
}

/** A finished file in the scratch folder. */
export interface FetchedFile {
  readonly path: string;
  /** Bytes, equal to Content-Length where the source sent one. */
  readonly size: number;
  readonly source: string;
}

/** A fetched version. `direct` makes all three files at once and gives them; an upstream gives the zip alone. */
export interface FetchedZip {
  readonly zip: FetchedFile;
  readonly mod?: FetchedText;
  readonly info?: FetchedText;
}

/**
 * A source of modules. Every method throws RefusalError: `not-found` (the next source may have it), `forbidden`,
 * `upstream` (the source answered nonsense or failed), `timeout`, `busy` (this worker can't), `internal`.
 * A message is `<module>@<version>: <reason>`, scrubbed of paths, credentials and addresses.
 */
export interface Fetcher {
  /** The versions a source knows, as it says them: neither filtered nor sorted. */
  list(module: string, context: FetchContext): Promise<string[]>;
  /** The `@latest` answer: JSON with a canonical Version. */
  latest(module: string, context: FetchContext): Promise<FetchedText>;
  /** Resolves a branch, tag or commit: JSON with a canonical Version. */
  resolve(module: string, query: string, context: FetchContext): Promise<FetchedText>;
  /** `.info` of a canonical version: JSON whose Version is that version. */
  info(version: ModuleVersion, context: FetchContext): Promise<FetchedText>;
  /** `.mod` of a canonical version, byte for byte. */
  mod(version: ModuleVersion, context: FetchContext): Promise<FetchedText>;
  /** `.zip` of a canonical version: its length is checked, its content is not. */
  zip(version: ModuleVersion, context: DownloadContext): Promise<FetchedZip>;
}

/** A source of checksum database answers. Path: `lookup/<escaped module>@<escaped version>`, `tile/...`, `latest`. */
export interface SumdbFetcher {
  sumdb(
    database: { readonly name: string; readonly url?: string },
    path: string,
    context: FetchContext,
  ): Promise<FetchedText>;
}
