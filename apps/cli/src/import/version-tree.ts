import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { SourceFault, type DownloadContext, type DownloadedFile, type ProxyTree } from '#libs/fetcher';
import type { SourceFiles } from './source-files.js';
import type { FileKind } from './source.js';

/** Largest files, in bytes: MaxGoMod and MaxZipFile of golang.org/x/mod/zip. */
const MAX_TEXT = 16 << 20;
const MAX_ZIP = 500 << 20;
/** What the system says of the place that is written to, not of the source. */
const NO_ROOM = new Set(['EDQUOT', 'EMFILE', 'ENFILE', 'ENOSPC', 'EROFS']);

/** The files of one version as a GOPROXY has them, wherever they lie in a source. */
export class VersionTree implements ProxyTree {
  readonly source = 'import';

  constructor(
    private readonly files: SourceFiles,
    private readonly paths: ReadonlyMap<FileKind, string>,
  ) {}

  async read(path: string): Promise<Buffer> {
    return this.found(path, MAX_TEXT, (file) => this.files.read(file));
  }

  async download(path: string, { scratch }: DownloadContext): Promise<DownloadedFile> {
    return this.found(path, MAX_ZIP, async (file, size) => {
      const copy = join(scratch, 'source.zip');
      await this.files.copy(file, copy);
      const downloaded = { path: copy, ...look(copy) };
      if (downloaded.size !== size) throw new SourceFault('upstream', 'the zip changed while it was read');
      return downloaded;
    });
  }

  private async found<T>(path: string, limit: number, use: (file: string, size: number) => Promise<T>): Promise<T> {
    const kind = path.slice(path.lastIndexOf('.') + 1) as FileKind;
    const file = this.paths.get(kind);
    if (file === undefined) throw new SourceFault('not-found', `the source has no .${kind} of it`);
    try {
      const size = await this.files.size(file);
      if (size > limit) throw new SourceFault('not-found', `the .${kind} is too large`);
      return await use(file, size);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : null;
      if (code === null || NO_ROOM.has(code)) throw error;
      throw new SourceFault('upstream', `the .${kind} can not be read (${code})`, { cause: error });
    }
  }
}

/** Size and first bytes of a file that was just written: nothing waits for the disk. */
function look(path: string): Pick<DownloadedFile, 'size' | 'start'> {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(4);
    return { size: fstatSync(file).size, start: bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0)) };
  } finally {
    closeSync(file);
  }
}
