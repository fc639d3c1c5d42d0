import { createWriteStream } from 'node:fs';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { readBody, type ObjectBody, type ObjectStat, type ObjectStore } from '#libs/storage';
import type { SourceFile, SourceFiles } from './source-files.js';
import type { Unfit } from './source.js';

/** A tree in a bucket. */
export class BucketFiles implements SourceFiles {
  readonly concurrency = 32;

  constructor(private readonly bucket: ObjectStore) {}

  async *all(): AsyncGenerator<SourceFile[]> {
    let folder = '';
    let files: SourceFile[] = [];
    for await (const { key, size } of this.bucket.list('')) {
      if (dirname(key) !== folder) {
        yield files;
        folder = dirname(key);
        files = [];
      }
      files.push({ path: key, size });
    }
    yield files;
  }

  unread(): Iterable<Unfit> {
    return [];
  }

  async stat(path: string): Promise<ObjectStat> {
    return present(path, await this.bucket.stat(path));
  }

  async read(path: string, most: number): Promise<Buffer | null> {
    const object = await this.get(path, most);
    return object && readBody(object.body);
  }

  async copy(path: string, to: string, most: number): Promise<number | null> {
    const object = await this.get(path, most);
    if (object === null) return null;
    const { body, stat } = object;
    await pipeline(Buffer.isBuffer(body) ? Readable.from([body]) : body, createWriteStream(to, { flags: 'wx' }));
    return stat.size;
  }

  async close(): Promise<void> {
    await this.bucket.close();
  }

  private async get(path: string, most: number): Promise<ObjectBody | null> {
    const object = present(path, await this.bucket.get(path));
    if (object.stat.size <= most) return object;
    if (!Buffer.isBuffer(object.body)) object.body.destroy();
    return null;
  }
}

function present<T>(path: string, found: T | null): T {
  if (found === null) throw new Error(`${path} is gone`);
  return found;
}
