import { LRUCache } from 'lru-cache';
import { RefusalError, SingleFlight, type ModuleVersion } from '#libs/protocol';
import { readBody, type MetaStore } from '#libs/storage';
import { checkRecords } from './data-tile.js';
import { verifiedFolder } from './folder.js';
import { HeadStore } from './head-store.js';
import { checksumsOf, lookupPath, parseLookup, parseLookupPath, type Checksums } from './lookup.js';
import type { Remote } from './remote.js';
import { parseTilePath, type Tile } from './tile.js';
import { TileShelf } from './tile-shelf.js';
import { Timeline } from './timeline.js';
import { openTreeHead, type TreeHead } from './tree-head.js';
import { widthIn } from './tree-proof.js';
import { parseVerifierKey } from './verifier-key.js';

/** Answers to lookups that are kept in memory. */
const REMEMBERED = 4_096;
/** Opened notes that are kept in memory: lookups that are answered from a cache say the same head again and again. */
const OPENED = 512;

/** A lookup that is proven. */
interface Proven {
  readonly checksums: Checksums;
  /** Ends when the answer is stored. */
  readonly stored: Promise<void>;
}

/** What a client is made of. */
export interface SumdbClientParts {
  /** `name+hash+key`. */
  readonly verifierKey: string;
  readonly meta: MetaStore;
  readonly remote: Remote;
}

/**
 * The client of one checksum database that believes nothing (golang.org/x/mod/sumdb, Client): a lookup counts when the
 * signed head that comes with it is of the one log that is known, and its record is in that log. One a worker and
 * database: what is proven once is not proven again. Nothing that fails is stored.
 */
export class SumdbClient {
  private readonly folder: string;
  private readonly shelf: TileShelf;
  private readonly timeline: Timeline;
  private readonly checked = new LRUCache<string, Checksums>({ max: REMEMBERED });
  private readonly lookups = new SingleFlight<Proven>();
  private readonly opened = new LRUCache<string, TreeHead>({ max: OPENED });
  private readonly open: (note: Buffer) => TreeHead;

  constructor(private readonly parts: SumdbClientParts) {
    const { verifierKey, meta, remote } = parts;
    const key = parseVerifierKey(verifierKey);
    this.folder = verifiedFolder(key);
    this.open = (note) => openTreeHead(note, key);
    this.shelf = new TileShelf(meta, this.folder, remote);
    this.timeline = new Timeline(this.shelf, new HeadStore(meta, `${this.folder}tree/`, this.open));
  }

  /**
   * The hashes of this very version. Throws RefusalError: `forbidden` for a lie, `not-found` when the database does not
   * know the version, else why it can't be asked.
   */
  async checksums(version: ModuleVersion, signal: AbortSignal): Promise<Checksums> {
    const path = lookupPath(version);
    return about(`${version.module}@${version.version}`, async () => {
      const known = this.checked.get(path);
      if (known) return known;
      return (await this.prove(path, version, signal)).checksums;
    });
  }

  /** Stores the answer to a path of the database, `lookup/...`, `tile/...` or `latest`, once it is proven. */
  async keep(path: string, signal: AbortSignal): Promise<void> {
    const version = parseLookupPath(path);
    const tile = parseTilePath(path);
    if (path === 'latest') await this.keepLatest(signal);
    // Not from memory: it must be stored, whatever once was.
    else if (version) await (await this.prove(path, version, signal)).stored;
    else if (tile) await this.keepTile(path, tile, signal);
    else throw new RefusalError('not-found', 'no such path in a checksum database');
  }

  private async prove(path: string, version: ModuleVersion, signal: AbortSignal): Promise<Proven> {
    return this.lookups.join(path, signal, (shared) => this.look(path, version, shared));
  }

  /** What is stored was verified before; else asks, verifies and stores. */
  private async look(path: string, version: ModuleVersion, signal: AbortSignal): Promise<Proven> {
    const { meta, remote } = this.parts;
    const found = await meta.get(this.folder + path);
    const bytes = found ? await readBody(found.body) : (await remote(path, { signal })).bytes;
    const { id, record, note } = parseLookup(bytes);
    const checksums = checksumsOf(record, version);
    if (!found) await this.timeline.include(id, record, this.head(note), signal);
    this.checked.set(path, checksums);
    const stored = found ? Promise.resolve() : this.store(path, bytes);
    // Who verifies waits no longer: what is not stored is asked and proven again.
    stored.catch(() => undefined);
    return { checksums, stored };
  }

  private async store(path: string, bytes: Buffer): Promise<void> {
    await this.parts.meta.put(this.folder + path, bytes, 'create');
  }

  private async keepLatest(signal: AbortSignal): Promise<void> {
    const latest = await this.refresh(signal);
    // Never an older one than is known, whatever a cache on the way says.
    const newest = await this.timeline.newest(signal);
    const { note } = newest.size > latest.size ? newest : latest;
    await this.parts.meta.put(`${this.folder}latest`, note, 'replace');
  }

  private async keepTile(path: string, tile: Tile, signal: AbortSignal): Promise<void> {
    const { level, index, width } = tile;
    const position = { level: level === 'data' ? 0 : level, index };
    const reaches = async (): Promise<boolean> => widthIn((await this.timeline.newest(signal)).size, position) >= width;
    if (!(await reaches())) await this.refresh(signal);
    if (!(await reaches())) throw new RefusalError('not-found', 'beyond the tree of the checksum database');

    const hashes = await this.timeline.tile(position, signal);
    let bytes = hashes.first(width);
    if (level === 'data') {
      bytes = await this.shelf.records(index, width, signal);
      checkRecords(bytes, hashes);
    }
    await this.parts.meta.put(this.folder + path, bytes, 'create');
  }

  private async refresh(signal: AbortSignal): Promise<TreeHead> {
    const { bytes } = await this.parts.remote('latest', { signal });
    const head = this.head(bytes);
    await this.timeline.merge(head, [], signal);
    return head;
  }

  private head(note: Buffer): TreeHead {
    const text = note.toString('latin1');
    const known = this.opened.get(text);
    if (known) return known;
    const head = this.open(note);
    this.opened.set(text, head);
    return head;
  }
}

async function about<T>(subject: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RefusalError)) throw error;
    throw new RefusalError(error.kind, error.about(subject).message, { cause: error });
  }
}
