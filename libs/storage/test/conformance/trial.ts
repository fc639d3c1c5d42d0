import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readBody, type ObjectStore, type PutOptions } from '#libs/storage';

/** A store under trial, and the short ways to use it. */
export class Trial {
  private files = 0;

  private constructor(
    readonly store: ObjectStore,
    private readonly scratch: string,
  ) {}

  static async begin(store: ObjectStore): Promise<Trial> {
    return new Trial(store, await mkdtemp(join(tmpdir(), 'stoa-source-')));
  }

  async end(): Promise<void> {
    await rm(this.scratch, { recursive: true });
  }

  async put(key: string, bytes: Buffer, mode: PutOptions['mode'] = 'create'): Promise<boolean> {
    return this.store.put(key, bytes, { size: bytes.length, mode });
  }

  async read(key: string): Promise<string | null> {
    const found = await this.store.get(key);
    return found && (await readBody(found.body)).toString();
  }

  async keys(prefix: string, startAfter?: string): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of this.store.list(prefix, startAfter)) keys.push(key);
    return keys;
  }

  /** A finished file as a source. */
  async file(bytes: Buffer): Promise<{ file: string }> {
    const file = join(this.scratch, String(++this.files));
    await writeFile(file, bytes);
    return { file };
  }
}
