import { join } from 'node:path';
import type { DownloadContext, FetchedFile, FetchedText } from '#libs/fetcher';
import type { SmallZip } from '#libs/ingest';
import {
  errorCode,
  infoFault,
  isLackOfRoom,
  modFault,
  RefusalError,
  type ModuleVersion,
  type RefusalKind,
} from '#libs/protocol';
import type { SourceFile, SourceFiles } from './source-files.js';
import { SOURCE, type Candidate, type FileKind } from './source.js';

/** Largest files, in bytes: MaxGoMod and MaxZipFile of golang.org/x/mod/zip. */
const MAX_TEXT = 16 << 20;
const MAX_ZIP = 500 << 20;
/** Zips of at most so many bytes are held in memory: a file more costs as much as all else that is done with them. */
const SMALL_ZIP = 64 << 10;

/** A version whose files are somewhere in a tree. */
export class TreeCandidate implements Candidate {
  constructor(
    readonly version: ModuleVersion,
    private readonly kinds: ReadonlyMap<FileKind, SourceFile>,
    private readonly files: SourceFiles,
  ) {}

  get has(): Pick<ReadonlySet<FileKind>, 'has'> {
    return this.kinds;
  }

  async info(): Promise<FetchedText> {
    return this.text('info', (bytes) => infoFault(bytes, this.version));
  }

  async mod(): Promise<FetchedText> {
    return this.text('mod', modFault);
  }

  async smallZip(): Promise<SmallZip | null> {
    return this.found('zip', async ({ path, size }) => {
      const bytes = size !== undefined && size > SMALL_ZIP ? null : await this.files.read(path, SMALL_ZIP);
      return bytes && { bytes, size: bytes.length, source: SOURCE };
    });
  }

  async zip({ scratch }: DownloadContext): Promise<FetchedFile> {
    return this.found('zip', async ({ path }) => {
      const copy = join(scratch, 'source.zip');
      const size = await this.files.copy(path, copy, MAX_ZIP);
      if (size === null) throw this.refusal('not-found', 'the zip is too large');
      return { path: copy, size, source: SOURCE };
    });
  }

  async zipBytes(): Promise<number> {
    return this.found('zip', async ({ path, size }) => size ?? (await this.files.stat(path)).size);
  }

  async zipTime(): Promise<Date> {
    return this.found('zip', async ({ path }) => (await this.files.stat(path)).modified);
  }

  private async text(kind: FileKind, faultOf: (bytes: Buffer) => string | null): Promise<FetchedText> {
    return this.found(kind, async ({ path }) => {
      const bytes = await this.files.read(path, MAX_TEXT);
      if (bytes === null) throw this.refusal('not-found', `the .${kind} is too large`);
      const fault = faultOf(bytes);
      if (fault !== null) throw this.refusal('upstream', `the upstream answers with ${fault}`);
      return { bytes, source: SOURCE };
    });
  }

  /** Throws RefusalError for what is wrong with a file of the source. */
  private async found<T>(kind: FileKind, use: (file: SourceFile) => Promise<T>): Promise<T> {
    const file = this.kinds.get(kind);
    if (file === undefined) throw this.refusal('not-found', `it has no .${kind}`);
    try {
      return await use(file);
    } catch (error) {
      const code = errorCode(error);
      if (code === undefined || isLackOfRoom(error)) throw error;
      throw this.refusal('upstream', `the .${kind} can not be read (${code})`, error);
    }
  }

  private refusal(kind: RefusalKind, reason: string, cause?: unknown): RefusalError {
    return new RefusalError(kind, `${this.version.module}@${this.version.version}: ${reason}`, { cause });
  }
}
