import { hash } from 'node:crypto';
import { closeSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import type { Logger, Metrics } from '#libs/observability';
import { removeFile } from '../fs/put-file.js';
import { UNFINISHED_FOLDER } from '../key.js';
import type { ObjectBody, ObjectStat } from '../object-store.js';
import { checkCached, isSame, openCached, touch, type Admitted, type OpenFile } from './cached-file.js';
import { Fill } from './fill.js';
import { Room, type RoomOptions } from './room.js';
import { UnfinishedFile } from './unfinished-file.js';

/** Files whose check is remembered; one more is checked again when it is next read. */
const MAX_ADMITTED = 20_000;

export interface CacheFolderOptions extends RoomOptions {
  /** Which storage this is: what was kept of another one is not found. */
  readonly origin: string;
  readonly metrics: Pick<Metrics, 'cacheBytes' | 'cacheEvictions' | 'storageDuration'>;
  readonly log: Pick<Logger, 'warn'>;
}

/** A kept object, open for reading. Who has it closes `file`, or gives it to a body that does. */
export interface KeptObject {
  readonly file: number;
  readonly stat: ObjectStat;
}

/**
 * The files of a disk cache: finished ones by the digest of storage and key, unfinished ones in `.tmp`. A file is taken
 * once its checksum is found right and its object is found to be stored still, when this process reads it first; then
 * for as long as nobody writes to it. While the storage does not say, it is taken, and asked about again. What goes wrong
 * with the disk is logged, and is an absence. Nothing here throws.
 */
export class CacheFolder {
  private readonly room: Room;
  private admitted = new LRUCache<string, Admitted>({ max: MAX_ADMITTED });
  private readonly examining = new Map<string, Promise<Admitted | null>>();

  constructor(
    private readonly options: CacheFolderOptions,
    private readonly stillStored: (key: string, stat: ObjectStat) => Promise<number | null>,
  ) {
    this.room = new Room(options);
  }

  async open(): Promise<void> {
    await this.room.open().catch((error: unknown) => this.tell(error));
  }

  /** Opens what is kept of an object. */
  async find(key: string): Promise<KeptObject | null> {
    const started = performance.now();
    const path = this.path(key);
    let opened: OpenFile | null = null;
    try {
      opened = openCached(path);
      const admitted = opened && (await this.admit(key, path, opened));
      if (opened && admitted) {
        touch(opened.file, admitted.stat);
        this.observe('get', 'ok', started);
        return { file: opened.file, stat: admitted.stat };
      }
    } catch (error) {
      this.observe('get', 'error', started);
      this.tell(error);
    }
    if (opened) closeSync(opened.file);
    return null;
  }

  /** Begins to keep an object; null when there is no room for it. Its body is the fill's then. */
  async begin(key: string, object: ObjectBody): Promise<Fill | null> {
    const { size } = object.stat;
    let reserved = false;
    try {
      reserved = await this.room.reserve(size);
      return reserved ? new Fill(key, object, new UnfinishedFile(join(this.options.folder, UNFINISHED_FOLDER))) : null;
    } catch (error) {
      if (reserved) this.room.settle(size, false);
      this.tell(error);
      return null;
    }
  }

  /** Brings a fill to its end. Its file is kept if the object is still wanted then. */
  async complete(key: string, fill: Fill, wanted: () => boolean): Promise<void> {
    const started = performance.now();
    const path = this.path(key);
    const known = this.admitted;
    let admitted: Admitted | null = null;
    try {
      admitted = await fill.run(path, wanted);
      if (admitted) known.set(path, admitted);
      this.observe('put', 'ok', started);
    } catch (error) {
      this.observe('put', 'error', started);
      this.tell(error);
    }
    this.room.settle(fill.object.stat.size, admitted !== null);
  }

  /** Removes what is kept of an object; who reads it reads on. */
  remove(key: string): void {
    const path = this.path(key);
    this.admitted.delete(path);
    try {
      const found = statSync(path, { throwIfNoEntry: false });
      if (!found) return;
      removeFile(path);
      this.room.removed(found.size);
    } catch (error) {
      this.tell(error);
    }
  }

  /** Checks each file anew when it is next read: those too that are filled or checked now, of what once was stored. */
  recheck(): void {
    this.admitted = new LRUCache({ max: MAX_ADMITTED });
  }

  tell(error: unknown): void {
    this.options.log.warn({ err: error }, 'the disk cache fails, the storage answers');
  }

  private async admit(key: string, path: string, opened: OpenFile): Promise<Admitted | null> {
    const known = this.admitted.get(path);
    if (known && isSame(opened, known) && performance.now() < known.until) return known;
    // Who wants the same file meanwhile waits for the same check.
    let examining = this.examining.get(path);
    if (!examining) {
      examining = this.examine(key, opened, known).finally(() => this.examining.delete(path));
      this.examining.set(path, examining);
    }
    const admitted = await examining;
    return admitted && isSame(opened, admitted) ? admitted : null;
  }

  /** What was `found` right before is not read again. */
  private async examine(key: string, opened: OpenFile, found?: Admitted): Promise<Admitted | null> {
    const { admitted: known } = this;
    const stat = found && isSame(opened, found) ? found.stat : await this.checked(key, opened);
    const until = stat && (await this.stillStored(key, stat));
    if (!stat || until === null) {
      this.remove(key);
      return null;
    }
    const admitted = { stat, seen: opened.found, until };
    known.set(this.path(key), admitted);
    return admitted;
  }

  private async checked(key: string, opened: OpenFile): Promise<ObjectStat | null> {
    const label = await checkCached(opened, key);
    if (!label) this.options.log.warn({ path: this.path(key) }, 'a file of the disk cache is damaged');
    return label && label.stat;
  }

  /** A digest: no key is too long for it, nor like another on a file system that knows no case. */
  private path(key: string): string {
    return join(this.options.folder, hash('sha256', `${this.options.origin}\n${key}`));
  }

  private observe(operation: 'get' | 'put', outcome: 'ok' | 'error', started: number): void {
    const seconds = (performance.now() - started) / 1000;
    this.options.metrics.storageDuration.observe({ backend: 'disk', operation, outcome }, seconds);
  }
}
