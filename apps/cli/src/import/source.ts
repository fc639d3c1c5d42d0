import type { DownloadContext, FetchContext, FetchedFile, FetchedText } from '#libs/fetcher';
import type { SmallZip } from '#libs/ingest';
import { RefusalError, type ModuleVersion, type RefusalKind } from '#libs/protocol';

/** Where an imported version came from, as its receipt says it: a path or a host would tell too much. */
export const SOURCE = 'import';

/** A file of a version. */
export type FileKind = 'info' | 'mod' | 'zip';

/** A version that a source has, or says that it has. */
export interface Candidate {
  readonly version: ModuleVersion;
  /** The files that it has of it, as far as is known before they are fetched: a `.mod` or a `.zip` at least. */
  readonly has: Pick<ReadonlySet<FileKind>, 'has'>;
  /** As with a Fetcher: checked by itself, and all throw RefusalError. */
  info(context: FetchContext): Promise<FetchedText>;
  mod(context: FetchContext): Promise<FetchedText>;
  zip(context: DownloadContext): Promise<FetchedFile>;
  /** The same in memory, where it is small and needs no scratch folder; null elsewhere. */
  smallZip(): Promise<SmallZip | null>;
  /** How large the zip is; undefined where that is not known before it is fetched. */
  zipBytes(): Promise<number | undefined>;
  /** When the zip was written; null where the source does not tell. */
  zipTime(): Promise<Date | null>;
}

/** What stands where a version should, and is none. */
export interface Unfit {
  readonly name: string;
  /** One line. */
  readonly reason: string;
}

/** Where versions are imported from. */
export interface ImportSource {
  /** How many versions may be fetched at once. */
  readonly concurrency: number;
  /** All that it has. Throws when the source as a whole can't be read. */
  candidates(): AsyncIterable<Candidate | Unfit>;
  /** How many there are. */
  count(): Promise<number>;
  close(): Promise<void>;
}

/** Kinds of refusals that are about one version; all others (a full disk, a Redis that went away) end an import. */
const OF_ONE: ReadonlySet<RefusalKind> = new Set(['not-found', 'forbidden', 'upstream', 'timeout']);

/** Whether an error is why one version is left out. */
export function leavesOut(error: unknown): error is RefusalError {
  return error instanceof RefusalError && OF_ONE.has(error.kind);
}
