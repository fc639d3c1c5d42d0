import { Readable } from 'node:stream';
import { RefusalError, unescapePath, unescapeVersion, type ModuleVersion } from '#libs/protocol';
import { orRefusal, retried } from '../network-fault.js';
import type {
  ByteRange,
  ObjectBody,
  ObjectEntry,
  ObjectSource,
  ObjectStat,
  ObjectStore,
  PutOptions,
  SmallPut,
} from '../object-store.js';
import { putInTurn } from '../put-in-turn.js';
import { META_FOLDER, moduleKey } from '../tree/keys.js';
import { merged } from './merged.js';
import { PARTS, type Part, type SixRoutes } from './six-routes.js';

/** Where the files of a version wait for the last of the three, by their key. */
const WAITING = `${META_FOLDER}waiting/`;
const VERSION_FILE = /^(?!\.meta\/)(.+)\/@v\/([^/]+)\.(info|mod|zip)$/;

interface VersionFile {
  readonly part: Part;
  readonly version: ModuleVersion;
}

/**
 * Keeps versions in a storage server that has the six basic routes alone, and all else in a folder that gateways and
 * workers share. Such a server takes versions whole, so the files of one wait in the folder, where they are read, and
 * whoever brings the last of the three sends them. Whatever comes first to the folder stays, as in any storage. A list of
 * keys has what is in the folder alone.
 */
export class SixRouteObjectStore implements ObjectStore {
  readonly backend = 'external';

  constructor(
    private readonly routes: SixRoutes,
    private readonly folder: ObjectStore,
    /** Whether this process writes: it sends what others left. */
    private readonly writes: boolean,
  ) {}

  async stat(key: string): Promise<ObjectStat | null> {
    const file = versionFile(key);
    if (!file) return this.folder.stat(key);
    return (await this.folder.stat(WAITING + key)) ?? this.routes.stat(file.part, file.version);
  }

  async get(key: string, range?: ByteRange): Promise<ObjectBody | null> {
    const file = versionFile(key);
    if (!file) return this.folder.get(key, range);
    return (await this.folder.get(WAITING + key, range)) ?? this.routes.get(file.part, file.version, range);
  }

  async put(key: string, source: ObjectSource, options: PutOptions): Promise<boolean> {
    const file = versionFile(key);
    if (!file) return this.folder.put(key, source, options);
    if (options.mode === 'replace') throw new TypeError('a file of a version is created, never replaced');
    options.signal?.throwIfAborted();
    try {
      if (await this.routes.has(file.version)) return false;
      const created = await this.folder.put(WAITING + key, source, options);
      return (await this.settle(file.version)) && created;
    } finally {
      if (source instanceof Readable) source.destroy();
    }
  }

  async putInTurn(objects: readonly SmallPut[]): Promise<number> {
    return putInTurn(this, objects);
  }

  list(prefix: string, startAfter = ''): AsyncIterable<ObjectEntry> {
    return merged(this.listFolder(prefix, startAfter), this.listWaiting(prefix, startAfter));
  }

  async delete(key: string): Promise<void> {
    const file = versionFile(key);
    if (!file) return this.folder.delete(key);
    await this.folder.delete(WAITING + key);
    // The server has no way to lose one file of a version.
    await this.routes.delete(file.version);
  }

  async open(): Promise<void> {
    await this.folder.open();
    if (this.writes) await this.sendWaiting();
  }

  async check(): Promise<void> {
    await Promise.all([this.folder.check(), this.routes.check()]);
  }

  async close(): Promise<void> {
    await Promise.all([this.folder.close(), this.routes.close()]);
  }

  private async *listFolder(prefix: string, startAfter: string): AsyncGenerator<ObjectEntry> {
    for await (const entry of this.folder.list(prefix, startAfter)) if (!entry.key.startsWith(WAITING)) yield entry;
  }

  private async *listWaiting(prefix: string, startAfter: string): AsyncGenerator<ObjectEntry> {
    for await (const entry of this.folder.list(WAITING + prefix, startAfter && WAITING + startAfter))
      yield { ...entry, key: entry.key.slice(WAITING.length) };
  }

  /**
   * Sends a version if all of its files wait. False: the server had it before, so what waits of it came too late, be it
   * because another process sent it meanwhile.
   */
  private async settle(version: ModuleVersion): Promise<boolean> {
    if (await this.routes.has(version)) {
      await this.forget(version);
      return false;
    }
    const found = await Promise.all(PARTS.map((part) => this.folder.stat(waitingKey(part, version))));
    if (found.includes(null)) return true;
    // The same bytes change nothing when they come again.
    const saved = await retried(() => this.send(version)).catch((error: unknown) => {
      throw orRefusal(error);
    });
    if (!saved && !(await this.routes.has(version)))
      throw new RefusalError('busy', 'the storage holds a part of another content of this version');
    await this.forget(version);
    return saved;
  }

  private async send(version: ModuleVersion): Promise<boolean> {
    const [info, mod, zip] = await Promise.all(PARTS.map((part) => this.folder.get(waitingKey(part, version))));
    try {
      // Gone within this moment: another process has sent it.
      if (!info || !mod || !zip) return true;
      return await this.routes.save(version, { info, mod, zip });
    } finally {
      for (const part of [info, mod, zip]) if (part?.body instanceof Readable) part.body.destroy();
    }
  }

  private async forget(version: ModuleVersion): Promise<void> {
    for (const part of PARTS) await this.folder.delete(waitingKey(part, version));
  }

  /** Sends what a process that died, or a server that was away, left whole in the folder. */
  private async sendWaiting(): Promise<void> {
    const versions = new Map<string, ModuleVersion>();
    for await (const { key } of this.listWaiting('', '')) {
      const file = versionFile(key);
      if (file) versions.set(`${file.version.module}@${file.version.version}`, file.version);
    }
    try {
      for (const version of versions.values()) await this.settle(version);
    } catch (error) {
      // It goes on waiting, and is served from here.
      if (!(error instanceof RefusalError)) throw error;
    }
  }
}

function waitingKey(part: Part, version: ModuleVersion): string {
  return WAITING + moduleKey({ kind: part, ...version });
}

/** What a key is of that goes to the server; null: it belongs to the folder. */
function versionFile(key: string): VersionFile | null {
  const [, path = '', name = '', part] = VERSION_FILE.exec(key) ?? [];
  const [module, version] = [unescapePath(path), unescapeVersion(name)];
  return module !== null && version !== null && part ? { part: part as Part, version: { module, version } } : null;
}
