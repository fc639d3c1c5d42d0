import { writeFile } from 'node:fs/promises';
import { readBody, type ObjectBody, type ObjectStat, type ObjectStore } from '#libs/storage';
import type { SourceFiles } from './source-files.js';

/** A tree in a bucket. */
export class BucketFiles implements SourceFiles {
  readonly concurrency = 32;

  constructor(private readonly bucket: ObjectStore) {}

  async *paths(): AsyncGenerator<string> {
    for await (const { key } of this.bucket.list('')) yield key;
  }

  async size(path: string): Promise<number> {
    return (await this.stat(path)).size;
  }

  async modified(path: string): Promise<Date> {
    return (await this.stat(path)).modified;
  }

  async read(path: string): Promise<Buffer> {
    return readBody(present(path, await this.bucket.get(path)).body);
  }

  async copy(path: string, to: string): Promise<void> {
    const { body }: ObjectBody = present(path, await this.bucket.get(path));
    await writeFile(to, body, { flag: 'wx' });
  }

  async close(): Promise<void> {
    await this.bucket.close();
  }

  private async stat(path: string): Promise<ObjectStat> {
    return present(path, await this.bucket.stat(path));
  }
}

function present<T>(path: string, found: T | null): T {
  if (found === null) throw new Error(`${path} is gone`);
  return found;
}
