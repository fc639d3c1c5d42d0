import { isCanonicalFor, unescapeVersion, type ModuleFile, type ModuleVersion } from '#libs/protocol';
import type { ModuleStore } from '../module-store.js';
import type { ByteRange, ObjectBody, ObjectSource, ObjectStat, ObjectStore, PutOptions } from '../object-store.js';
import { moduleKey, versionsFolder } from './keys.js';

const INFO = '.info';

/** Gives versions of a module that a storage has, as far as its keys can not be listed. */
export type ListUnseen = (module: string) => Promise<readonly string[]>;

/** Keeps modules in any object store, by the storage tree. */
export class ObjectModuleStore implements ModuleStore {
  constructor(
    private readonly objects: ObjectStore,
    private readonly listUnseen: ListUnseen = async () => [],
  ) {}

  async stat(file: ModuleFile): Promise<ObjectStat | null> {
    return this.objects.stat(moduleKey(file));
  }

  async get(file: ModuleFile, range?: ByteRange): Promise<ObjectBody | null> {
    return this.objects.get(moduleKey(file), range);
  }

  async save(file: ModuleFile, source: ObjectSource, size: number, signal?: AbortSignal): Promise<boolean> {
    return this.objects.put(moduleKey(file), source, { size, mode: modeOf(file), signal });
  }

  async versions(module: string): Promise<string[]> {
    const folder = versionsFolder(module);
    const versions = new Set(await this.listUnseen(module));
    for await (const { key } of this.objects.list(folder)) {
      const version = key.endsWith(INFO) ? unescapeVersion(key.slice(folder.length, -INFO.length)) : null;
      if (version !== null) versions.add(version);
    }
    return [...versions].filter((version) => isCanonicalFor(module, version));
  }

  async delete(version: ModuleVersion): Promise<void> {
    for (const kind of ['info', 'mod', 'zip'] as const) await this.objects.delete(moduleKey({ kind, ...version }));
  }
}

function modeOf({ kind }: ModuleFile): PutOptions['mode'] {
  return kind === 'list' || kind === 'latest' ? 'replace' : 'create';
}
