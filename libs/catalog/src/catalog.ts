import { createHash } from 'node:crypto';
import {
  filterLongList,
  formatList,
  resolveLatest,
  type ModuleFile,
  type ModuleRequest,
  type ModuleVersion,
} from '#libs/protocol';
import {
  ageOf,
  cutPart,
  queryKey,
  readBody,
  readPart,
  readStoredList,
  type ByteRange,
  type Choose,
  type MetaStore,
  type ModuleStore,
  type ObjectPart,
  type ObjectStat,
  type SmallObject,
} from '#libs/storage';

/** Something that is stored, or the part of it that was chosen, with its freshness. */
export interface Found extends ObjectPart {
  /** Milliseconds for which the answer still counts as fresh; Infinity for what never changes; 0 or less is stale. */
  readonly fresh: number;
}

/**
 * The read side: what we have, and how fresh it is. One rule for lists, `@latest` and resolved queries: fresh until
 * STOA_LIST_TTL after the stored copy was made (not loaded), so that it has the same age on every gateway.
 */
export class Catalog {
  constructor(
    private readonly modules: ModuleStore,
    private readonly meta: MetaStore,
    private readonly ttl: number,
  ) {}

  /** What is stored for a request, whatever its age, or null. Throws when the storage is broken. */
  async find(request: ModuleRequest, choose?: Choose): Promise<Found | null> {
    if (isImmutable(request)) return this.findFile(request, choose);
    const part = await readPart(this.object(request), choose);
    return part && { ...part, fresh: this.freshness(request, part.stat) };
  }

  /** Whether a version's file is stored. */
  async has(file: ModuleFile): Promise<boolean> {
    return (await this.modules.stat(file)) !== null;
  }

  /** Whether a request can be answered freshly from storage now: what a waiting flight looks for. */
  async answers(request: ModuleRequest): Promise<boolean> {
    const stat = await this.object(request).stat();
    return stat !== null && this.freshness(request, stat) > 0;
  }

  /**
   * The list of what is stored, joined with the last known list: the answer without a connection.
   * Null when nothing is known of the module. Scans the module's folder.
   */
  async storedList(module: string, choose?: Choose): Promise<Found | null> {
    const versions = await this.knownVersions(module);
    if (!versions) return null;
    const body = formatList(versions);
    const etag = createHash('sha256').update(body).digest('hex').slice(0, 32);
    const stat = { size: body.length, modified: new Date(), etag };
    return { ...cutPart({ stat, body, tier: 'storage' }, choose), fresh: 0 };
  }

  /** The `.info` of the version that go would choose from what is stored, retracted ones left out; or null. */
  async storedLatest(module: string, choose?: Choose): Promise<Found | null> {
    const version = await resolveLatest(module, await this.modules.versions(module), async (highest) => {
      const mod = await this.modules.get({ kind: 'mod', module, version: highest });
      return mod && readBody(mod.body);
    });
    const info = version === null ? null : await this.find({ kind: 'info', module, version }, choose);
    return info && { ...info, fresh: 0 }; // another version may be stored next
  }

  private async knownVersions(module: string): Promise<string[] | null> {
    const [listed, stored] = await Promise.all([readStoredList(this.modules, module), this.modules.versions(module)]);
    if (!listed && stored.length === 0) return null;
    return filterLongList(module, [...(listed ?? []), ...stored]);
  }

  /** Immutable files are the large ones: what is not wanted is not read, and can't change between the two calls. */
  private async findFile(file: ModuleFile, choose?: Choose): Promise<Found | null> {
    if (!choose) return this.readFile(file);
    const stat = await this.modules.stat(file);
    if (!stat) return null;
    const part = choose(stat);
    if (part === 'nothing') return { stat, body: null, tier: 'storage', fresh: Infinity };
    return this.readFile(file, part === 'all' ? undefined : part);
  }

  private async readFile(file: ModuleFile, range?: ByteRange): Promise<Found | null> {
    const read = await this.modules.get(file, range);
    return read && { ...read, fresh: Infinity };
  }

  private object(request: ModuleRequest): SmallObject {
    if (request.kind !== 'query') {
      return { stat: () => this.modules.stat(request), get: () => this.modules.get(request) };
    }
    const key = queryKey(request.module, request.query);
    return { stat: () => this.meta.stat(key), get: () => this.meta.get(key) };
  }

  private freshness(request: ModuleRequest, stat: ObjectStat): number {
    return isImmutable(request) ? Infinity : this.ttl - ageOf(stat);
  }
}

function isImmutable(request: ModuleRequest): request is ModuleFile & ModuleVersion {
  return request.kind === 'info' || request.kind === 'mod' || request.kind === 'zip';
}
