import type { DownloadContext, FetchContext } from '../fetcher.js';

/** A finished file in the scratch folder. */
export interface DownloadedFile {
  readonly path: string;
  readonly size: number;
  /** Its first bytes. */
  readonly start: Buffer;
}

/**
 * The files of a GOPROXY, wherever they lie. A path is relative to the base, escaped (`!`), not percent-encoded.
 * Methods throw SourceFault for what the source did, anything else for what failed here.
 */
export interface ProxyTree {
  /** Names the tree in receipts: without credentials, paths and addresses. */
  readonly source: string;
  /** The bytes of a small file. */
  read(path: string, context: FetchContext): Promise<Buffer>;
  /** Copies a file into a new file of the scratch folder; its length is checked. */
  download(path: string, context: DownloadContext): Promise<DownloadedFile>;
}
