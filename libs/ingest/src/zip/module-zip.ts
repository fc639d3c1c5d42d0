import { isUtf8 } from 'node:buffer';
import { filePathFault, RefusalError, type ModuleVersion } from '#libs/protocol';
import { hashLines, linesOf, type HashedFile } from '../h1.js';
import { foldCase } from './case-fold.js';
import { readCentralDirectory, type CentralDirectory, type ZipEntry } from './central-directory.js';
import { hashContent, hashFile, readContent } from './entry-content.js';
import { locateEntries } from './entry-data.js';
import { MAX_GO_MOD, MAX_LICENSE, MAX_ZIP_FILE } from './limits.js';
import { PathTree } from './path-tree.js';
import { quoted, ZipFault } from './zip-fault.js';
import { ZipSource } from './zip-source.js';

/**
 * How far a check looks: `headers` reads the directory, all headers and the go.mod, what a file system has at hand;
 * `content` inflates every entry too, half a second for 200 MB.
 */
export type ZipDepth = 'headers' | 'content';

/** What a check learns of a module zip. */
export interface ZipReport {
  /** Entries of the central directory, folders included. */
  readonly entries: number;
  /** Sum of the declared sizes of its files, in bytes. */
  readonly uncompressed: number;
  /** The go.mod of the module's root; null when the zip has none. */
  readonly goMod: Buffer | null;
  /**
   * Of the content `h1:...`, as in go.sum (golang.org/x/mod/sumdb/dirhash HashZip); where that was not read, of the
   * file `sha256:...`, in hex.
   */
  readonly hash: string;
}

/** One of equal shares of a zip's content, in the order of its files' names. */
export interface ZipShare {
  readonly index: number;
  readonly of: number;
}

/** What a look at a zip learns that leaves some of its content to others. */
export interface ZipReading extends Omit<ZipReport, 'hash'> {
  /** What the hash is made of, the lines of an h1 for the files of the share; of no content, the hash of the file. */
  readonly hashed: string;
}

/** All of the content. */
const WHOLE: ZipShare = { index: 0, of: 1 };

/**
 * Checks a module zip, a finished file or its bytes, by the rules of golang.org/x/mod/zip (CheckZip) and hashes it in
 * one pass, which verifies size and CRC-32 of each entry whose content it reads: those of one share. Synchronous: for a
 * worker thread. Throws RefusalError not-found for a zip that breaks a rule, and what the file system throws when the
 * file can't be read.
 */
export function readModuleZip(
  zip: string | Uint8Array,
  version: ModuleVersion,
  depth: ZipDepth,
  share = WHOLE,
): ZipReading {
  const source = new ZipSource(zip);
  try {
    const checked = checkDirectory(source, `${version.module}@${version.version}/`);
    const { directory, uncompressed } = checked;
    return { entries: directory.entries.length, uncompressed, ...readEntries(source, checked, depth, share) };
  } catch (error) {
    if (!(error instanceof ZipFault)) throw error;
    throw new RefusalError('not-found', `${version.module}@${version.version}: invalid zip: ${error.message}`);
  } finally {
    source.close();
  }
}

/** Reads all of a zip. Throws what `readModuleZip` throws. */
export function checkModuleZip(
  zip: string | Uint8Array,
  version: ModuleVersion,
  depth: ZipDepth = 'content',
): ZipReport {
  return reportOf([readModuleZip(zip, version, depth)], depth);
}

/** The report of a zip of which all shares were read, in their order: one at least. */
export function reportOf(readings: readonly ZipReading[], depth: ZipDepth): ZipReport {
  const { hashed, ...report } = readings[0]!;
  return { ...report, hash: depth === 'content' ? hashLines(readings.map((reading) => reading.hashed)) : hashed };
}

interface CheckedDirectory {
  readonly directory: CentralDirectory;
  readonly uncompressed: number;
  readonly goMod: ZipEntry | null;
}

/** All that the central directory alone can tell. */
function checkDirectory(source: ZipSource, prefix: string): CheckedDirectory {
  if (source.size > MAX_ZIP_FILE) {
    throw new ZipFault(`the file is too large (${source.size} bytes; limit is ${MAX_ZIP_FILE} bytes)`);
  }

  const directory = readCentralDirectory(source);
  const prefixBytes = Buffer.from(prefix);
  const tree = new PathTree();
  let uncompressed = 0;
  let goMod: ZipEntry | null = null;
  for (const entry of directory.entries) {
    const path = pathOf(entry, prefixBytes);
    const folder = path === '' || path.endsWith('/');
    if (path !== '') checkPath(tree, path, folder);
    if (folder) {
      // go opens folders too when it hashes a zip, and fails on one with content.
      if (entry.size !== 0) throw new ZipFault(`directory ${quoted(path)} has content`);
      continue;
    }

    checkSize(path, entry);
    uncompressed += entry.size;
    if (uncompressed > MAX_ZIP_FILE) {
      throw new ZipFault(`total uncompressed size of module contents too large (max size is ${MAX_ZIP_FILE} bytes)`);
    }
    if (path === 'go.mod') goMod = entry;
  }
  return { directory, uncompressed, goMod };
}

/** The way through the entries: all headers, the go.mod, and the contents of the share where they are hashed. */
function readEntries(
  source: ZipSource,
  checked: CheckedDirectory,
  depth: ZipDepth,
  share: ZipShare,
): Pick<ZipReading, 'goMod' | 'hashed'> {
  const files: HashedFile[] = [];
  const mine = depth === 'content' ? entriesOf(share, checked) : NONE;
  let goMod: Buffer | null = null;
  for (const located of locateEntries(source, checked.directory)) {
    const { entry } = located;
    if (entry === checked.goMod) goMod = readContent(source, located);
    if (mine.has(entry)) files.push({ name: entry.name.toString('latin1'), sha256: hashContent(source, located) });
  }
  return { goMod, hashed: depth === 'content' ? linesOf(files) : hashFile(source) };
}

/** The entries of a share: neighbours by name, as many as make up its part of all bytes. */
function entriesOf({ index, of }: ZipShare, { directory, uncompressed }: CheckedDirectory): ReadonlySet<ZipEntry> {
  if (of === 1) return new Set(directory.entries);
  let before = 0;
  return new Set(
    directory.entries
      .toSorted((one, other) => one.name.compare(other.name))
      .filter(({ size }) => {
        const share = Math.min(of - 1, Math.floor((before / (uncompressed || 1)) * of));
        before += size;
        return share === index;
      }),
  );
}

const NONE: ReadonlySet<ZipEntry> = new Set();

/** The path below the module's root, '' for the root itself. */
function pathOf(entry: ZipEntry, prefix: Buffer): string {
  if (prefix.compare(entry.name, 0, Math.min(prefix.length, entry.name.length)) !== 0) {
    throw new ZipFault(`${quoted(entry.name.toString())} is outside of <module>@<version>/`);
  }
  const path = entry.name.subarray(prefix.length);
  if (!isUtf8(path)) throw new ZipFault(`${quoted(path.toString())} is not valid UTF-8`);
  return path.toString();
}

/** CheckFilePath refuses all that path.Clean would change, so x/mod's own test for it is not repeated. */
function checkPath(tree: PathTree, path: string, folder: boolean): void {
  const bare = folder ? path.slice(0, -1) : path;
  const fault = filePathFault(bare);
  if (fault !== null) throw new ZipFault(`malformed file path ${quoted(bare)}: ${fault}`);
  tree.add(bare, folder);
  if (folder || foldCase(bare.slice(bare.lastIndexOf('/') + 1)) !== 'go.mod') return;
  if (bare.includes('/')) throw new ZipFault(`${quoted(bare)}: go.mod file not in module root directory`);
  if (bare !== 'go.mod') throw new ZipFault(`${quoted(bare)}: go.mod files must have lowercase names`);
}

function checkSize(path: string, entry: ZipEntry): void {
  if (path === 'go.mod' && entry.size > MAX_GO_MOD) {
    throw new ZipFault(`go.mod file too large (max size is ${MAX_GO_MOD} bytes)`);
  }
  if (path === 'LICENSE' && entry.size > MAX_LICENSE) {
    throw new ZipFault(`LICENSE file too large (max size is ${MAX_LICENSE} bytes)`);
  }
  if (entry.method === 0 && entry.size !== entry.compressedSize) {
    throw new ZipFault(`${quoted(path)} is stored with another size than declared`);
  }
}
