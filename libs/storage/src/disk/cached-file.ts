import { closeSync, fstatSync, futimesSync, openSync, read, statSync, type Stats } from 'node:fs';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';
import type { ObjectStat } from '../object-store.js';
import { readLabel, type Label } from './label.js';

const CHUNK = 256 * 1024;
const readFrom = promisify(read);

/** A cached file that was checked, by what tells it from any other, and from itself once it is written to. */
export interface Admitted {
  readonly stat: ObjectStat;
  readonly seen: Pick<Stats, 'ino' | 'size' | 'mtimeMs'>;
  /** When the storage is to be asked again whether it has the object, as performance.now() counts. */
  readonly until: number;
}

/** A file of the cache that is open for reading. Who has it closes `file`, or gives it to a body that does. */
export interface OpenFile {
  readonly file: number;
  readonly found: Stats;
}

/** Opens a file of the cache; null when there is none. Throws system errors, ENOENT too when it goes just then. */
export function openCached(path: string): OpenFile | null {
  // A look that finds nothing costs a tenth of an open that fails.
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return null;
  const file = openSync(path, 'r');
  try {
    return { file, found: fstatSync(file) };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** Tells whether an open file is the one that was admitted, and nobody has written to it since. */
export function isSame({ found }: OpenFile, { seen }: Admitted): boolean {
  return found.ino === seen.ino && found.size === seen.size && found.mtimeMs === seen.mtimeMs;
}

/**
 * Notes in the file system that a file is used now: the access time is the order of eviction, and set like this it does
 * not hang on the options of the mount. The time of the last write stays the object's, for it tells of damage.
 */
export function touch(file: number, stat: ObjectStat): void {
  try {
    setTimes(file, stat);
  } catch {
    // Of another user, or read-only: it can be read all the same.
  }
}

/** Sets the time of use to now, and the time of the last write to the object's. Throws system errors. */
export function setTimes(file: number, { modified }: ObjectStat): void {
  futimesSync(file, Date.now() / 1000, writeTime(modified));
}

/** Reads an open file to its end and gives its label, or null when the file is not what its label says. */
export async function checkCached({ file, found }: OpenFile, key: string): Promise<Label | null> {
  const label = readLabel(file, found.size);
  if (label?.key !== key || found.mtimeMs !== writeTime(label.stat.modified) * 1000) return null;
  const buffer = Buffer.allocUnsafeSlow(CHUNK);
  let checksum = 0;
  for (let position = 0; position < label.stat.size;) {
    const wanted = Math.min(CHUNK, label.stat.size - position);
    const { bytesRead } = await readFrom(file, buffer, 0, wanted, position);
    if (bytesRead === 0) return null;
    checksum = crc32(buffer.subarray(0, bytesRead), checksum);
    position += bytesRead;
  }
  return checksum === label.checksum ? label : null;
}

/** In whole seconds, which every file system and each number on the way keep exactly. */
function writeTime(modified: Date): number {
  return Math.floor(modified.getTime() / 1000);
}
