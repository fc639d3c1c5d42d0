import { createHash } from 'node:crypto';
import {
  filterVersions,
  formatList,
  parseList,
  resolveLatest,
  type ModuleFile,
  type ModuleRequest,
  type ModuleVersion,
} from '#libs/protocol';
import {
  queryKey,
  readBody,
  type ByteRange,
  type MetaStore,
  type ModuleStore,
  type ObjectBody,
  type ObjectStat,
  type Tier,
} from '#libs/storage';

/** Something that is stored, with its freshness. */
export interface Found {
  readonly stat: ObjectStat;
  /** The bytes that were chosen; null when none were wanted. A stream must be consumed or destroyed. */
  readonly body: ObjectBody['body'] | null;
  readonly tier: Tier;
  /** Milliseconds for which the answer still counts as fresh; Infinity for what never changes; 0 or less is stale. */
  readonly fresh: number;
}

/** Which part of a file a caller wants, once its size and validators are known. */
export type Choose = (stat: ObjectStat) => 'all' | 'nothing' | ByteRange;

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
    if (choose && isImmutable(request)) return this.findPart(request, choose);
    const whole = await this.read(request);
    if (!whole) return null;
    const part = choose ? choose(whole.stat) : 'all';
    const body =
      part === 'all'
        ? whole.body
        : part === 'nothing'
          ? null
          : (await readBody(whole.body)).subarray(part.start, part.end + 1);
    return { stat: whole.stat, body, tier: whole.tier, fresh: this.freshness(request, whole.stat) };
  }

  /** Whether a version's file is stored. */
  async has(file: ModuleFile): Promise<boolean> {
    return (await this.modules.stat(file)) !== null;
  }

  /** Whether a request can be answered freshly from storage now: what a waiting flight looks for. */
  async answers(request: ModuleRequest): Promise<boolean> {
    const stat =
      request.kind === 'query' ? ((await this.read(request))?.stat ?? null) : await this.modules.stat(request);
    return stat !== null && this.freshness(request, stat) > 0;
  }

  /**
   * The list of what is stored, joined with the last known list: the answer without a connection.
   * Null when nothing is known of the module. Scans the module's folder.
   */
  async storedList(module: string): Promise<Found | null> {
    const versions = await this.knownVersions(module);
    if (!versions) return null;
    const body = formatList(versions);
    const etag = createHash('sha256').update(body).digest('hex').slice(0, 32);
    return { stat: { size: body.length, modified: new Date(), etag }, body, tier: 'storage', fresh: 0 };
  }

  /** The `.info` of the version that go would choose from what is stored, retracted ones left out; or null. */
  async storedLatest(module: string): Promise<Found | null> {
    const version = await resolveLatest(module, await this.modules.versions(module), async (highest) => {
      const mod = await this.modules.get({ kind: 'mod', module, version: highest });
      return mod && readBody(mod.body);
    });
    return version === null ? null : this.find({ kind: 'info', module, version });
  }

  private async knownVersions(module: string): Promise<string[] | null> {
    const [last, stored] = await Promise.all([
      this.modules.get({ kind: 'list', module }),
      this.modules.versions(module),
    ]);
    if (!last && stored.length === 0) return null;
    const listed = last ? parseList((await readBody(last.body)).toString('utf8')) : [];
    return filterVersions(module, [...listed, ...stored]);
  }

  /** Immutable files are the large ones: what is not wanted is not read, and can't change between the two calls. */
  private async findPart(file: ModuleFile, choose: Choose): Promise<Found | null> {
    const stat = await this.modules.stat(file);
    if (!stat) return null;
    const part = choose(stat);
    if (part === 'nothing') return { stat, body: null, tier: 'storage', fresh: Infinity };
    const read = await this.modules.get(file, part === 'all' ? undefined : part);
    return read && { stat, body: read.body, tier: read.tier, fresh: Infinity };
  }

  private async read(request: ModuleRequest): Promise<ObjectBody | null> {
    return request.kind === 'query'
      ? this.meta.get(queryKey(request.module, request.query))
      : this.modules.get(request);
  }

  private freshness(request: ModuleRequest, stat: ObjectStat): number {
    return isImmutable(request) ? Infinity : stat.modified.getTime() + this.ttl - Date.now();
  }
}

function isImmutable(request: ModuleRequest): request is ModuleFile & ModuleVersion {
  return request.kind === 'info' || request.kind === 'mod' || request.kind === 'zip';
}
