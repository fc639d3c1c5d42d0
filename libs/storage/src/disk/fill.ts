import { openSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { ObjectBody } from '../object-store.js';
import type { Admitted } from './cached-file.js';
import type { Label } from './label.js';
import type { UnfinishedFile } from './unfinished-file.js';

/**
 * An object on its way from the storage into a cached file. It goes as fast as storage and disk do, whoever reads
 * along and however slowly, and to its end if nobody does.
 */
export class Fill {
  private written = 0;
  private failure: Error | null = null;
  private growth = Promise.withResolvers<void>();

  /** A Buffer as body is given to readers as it is. */
  constructor(
    private readonly key: string,
    readonly object: ObjectBody,
    private readonly file: UnfinishedFile,
  ) {}

  /** Opens the file for a reader, who closes it. Throws system errors. */
  open(): number {
    return openSync(this.file.path, 'r');
  }

  /** Up to where the file can be read from a position on; waits until there is a byte. Throws when none will come. */
  async reach(position: number): Promise<number> {
    while (this.written <= position) {
      if (this.failure) throw this.failure;
      await this.growth.promise;
    }
    return this.written;
  }

  /**
   * Fills the file and gives it its name; null when it was aborted, or is not wanted any more. Throws what went wrong.
   * Unless it is finished, nothing stays of the file.
   */
  async run(path: string, wanted: () => boolean): Promise<Admitted | null> {
    try {
      const label = await this.copy();
      return wanted() ? this.file.finish(path, label) : null;
    } catch (error) {
      if (this.failure) return null;
      this.fail(error);
      throw error;
    } finally {
      this.file.end();
    }
  }

  /** Ends it before its end: its readers have to go on elsewhere. */
  abort(reason: Error): void {
    this.fail(reason);
    const { body } = this.object;
    if (!Buffer.isBuffer(body)) body.destroy(reason);
  }

  private async copy(): Promise<Label> {
    const { body, stat } = this.object;
    let checksum = 0;
    for await (const chunk of Buffer.isBuffer(body) ? [body] : (body as AsyncIterable<Buffer>)) {
      if (this.written + chunk.length > stat.size) throw new Error('the object is longer than it should be');
      await this.file.append(chunk);
      checksum = crc32(chunk, checksum);
      this.written += chunk.length;
      this.wake();
    }
    if (this.written < stat.size) throw new Error('the object is shorter than it should be');
    const label = { key: this.key, stat, checksum };
    await this.file.seal(label);
    return label;
  }

  private fail(reason: unknown): void {
    this.failure ??= reason instanceof Error ? reason : new Error('the fill failed', { cause: reason });
    this.wake();
  }

  private wake(): void {
    const { resolve } = this.growth;
    this.growth = Promise.withResolvers();
    resolve();
  }
}
