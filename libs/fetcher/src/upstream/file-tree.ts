import { randomUUID } from 'node:crypto';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { copyFile, open, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '#libs/protocol';
import type { DownloadContext, FetchContext } from '../fetcher.js';
import { SourceFault } from './fault.js';
import type { UpstreamLimits } from './limits.js';
import type { DownloadedFile, ProxyTree } from './proxy-tree.js';

/** A `file://` GOPROXY: a static tree, or the `cache/download` folder of a module cache. */
export class FileTree implements ProxyTree {
  readonly source = 'file';

  constructor(
    private readonly root: string,
    private readonly limits: UpstreamLimits,
  ) {}

  async read(path: string, { signal }: FetchContext): Promise<Buffer> {
    signal.throwIfAborted();
    const file = this.locate(path);
    const size = await this.size(file);
    if (size > this.limits.textSize) throw new SourceFault('upstream', 'the file is too large');
    return readFile(file, { signal }).catch((error: unknown) => {
      throw signal.aborted ? error : fileFault(error);
    });
  }

  async download(path: string, { signal, scratch }: DownloadContext): Promise<DownloadedFile> {
    signal.throwIfAborted();
    const file = this.locate(path);
    const size = await this.size(file);
    if (size > this.limits.zipSize) throw new SourceFault('not-found', 'the zip is too large');

    const copy = join(scratch, `${randomUUID()}.zip`);
    try {
      await copyFile(file, copy, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
      signal.throwIfAborted();
      const copied = await stat(copy);
      if (copied.size !== size) throw new SourceFault('upstream', 'the zip changed while it was read');
      return { path: copy, size, start: firstBytes(copy) };
    } catch (error) {
      await rm(copy, { force: true });
      throw error;
    }
  }

  /** Valid modules never lead out of the tree; this stands should anything else ever ask. */
  private locate(path: string): string {
    const elements = path.split('/');
    if (elements.some((element) => element === '' || element === '.' || element === '..')) {
      throw new SourceFault('not-found', 'no such file in the upstream');
    }
    return join(this.root, ...elements);
  }

  /** Opens the file: what fails in a copy afterwards is not that it can't be read. A pipe is not waited for. */
  private async size(file: string): Promise<number> {
    const opened = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
      throw fileFault(error);
    });
    const found = await opened.stat().finally(() => opened.close());
    if (!found.isFile()) throw new SourceFault('upstream', 'the upstream has something else than a file there');
    return found.size;
  }
}

/** Statuses as in cmd/go (web/http.go getFile): absent is 404, no permission is 403. */
function fileFault(error: unknown): SourceFault {
  const code = errorCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') {
    return new SourceFault('not-found', 'not found in the upstream', { cause: error });
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new SourceFault('forbidden', 'the upstream does not let this worker read it', { cause: error });
  }
  return new SourceFault('upstream', 'the upstream can not be read', { cause: error });
}

/** Of a file that was just written: nothing waits for the disk. */
function firstBytes(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(4);
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(file);
  }
}
