import type { MetaStore } from '../module-store.js';
import type { ObjectBody, ObjectEntry, ObjectStat, ObjectStore } from '../object-store.js';
import { META_FOLDER } from './keys.js';

/** Keeps the small rest in any object store, beside the modules. Throws TypeError on a key outside of `.meta/`. */
export class ObjectMetaStore implements MetaStore {
  constructor(private readonly objects: ObjectStore) {}

  async stat(key: string): Promise<ObjectStat | null> {
    return this.objects.stat(inMeta(key));
  }

  async get(key: string): Promise<ObjectBody | null> {
    return this.objects.get(inMeta(key));
  }

  async put(key: string, bytes: Buffer, mode: 'create' | 'replace'): Promise<boolean> {
    return this.objects.put(inMeta(key), bytes, { size: bytes.length, mode });
  }

  list(prefix: string, startAfter?: string): AsyncIterable<ObjectEntry> {
    return this.objects.list(inMeta(prefix), startAfter);
  }

  async delete(key: string): Promise<void> {
    await this.objects.delete(inMeta(key));
  }
}

function inMeta(key: string): string {
  if (!key.startsWith(META_FOLDER)) throw new TypeError('key outside of .meta/');
  return key;
}
