import { createHash } from 'node:crypto';
import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { readBody, type FsObjectStore, type ObjectBody, type ObjectEntry, type ObjectStore } from '#libs/storage';

/** What became of a file: `different` is one of the same name and other content, which stays. */
export type Exported = 'written' | 'present' | 'different';

/** Copies stored files into a folder, each whole or not at all, with the time when they were stored. */
export class Exporter {
  /** `target` keeps the files of `folder`. */
  constructor(
    private readonly objects: ObjectStore,
    private readonly target: FsObjectStore,
    private readonly folder: string,
  ) {}

  /** Copies a file that never changes. Null: it was deleted meanwhile. */
  async copy({ key, size, modified }: ObjectEntry, signal: AbortSignal): Promise<Exported | null> {
    const there = await this.target.stat(key);
    // Written by an earlier export: nothing is read, nor asked of the storage.
    if (there && there.size === size && sameTime(there.modified, modified)) return 'present';
    const stored = await this.objects.get(key);
    if (stored === null) return null;
    const kept = there && (await this.target.get(key));
    if (kept && !(await isEqual(stored, kept))) return 'different';
    if (!kept) await this.target.put(key, stored.body, { size: stored.stat.size, mode: 'create', signal });
    utimesSync(join(this.folder, key), modified, modified);
    return kept ? 'present' : 'written';
  }

  /** Writes a file that may change, unless it is as it should be. */
  async replace(key: string, bytes: Buffer): Promise<void> {
    const there = await this.target.get(key);
    if (there && (await readBody(there.body)).equals(bytes)) return;
    await this.target.put(key, bytes, { size: bytes.length, mode: 'replace' });
  }
}

/** File systems keep more or less of a second's fraction, and so do S3 servers. */
function sameTime(one: Date, other: Date): boolean {
  return Math.abs(one.getTime() - other.getTime()) < 2;
}

async function isEqual(one: ObjectBody, other: ObjectBody): Promise<boolean> {
  const [left, right] = await Promise.all([digest(one), digest(other)]);
  return left === right;
}

async function digest({ body }: ObjectBody): Promise<string> {
  const hash = createHash('sha256');
  if (Buffer.isBuffer(body)) hash.update(body);
  else for await (const chunk of body as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest('hex');
}
