import type { ModuleVersion } from '#libs/protocol';
import { craftZip, type CraftedEnd, type CraftedEntry } from './crafted-zip.js';

/** How Go takes a zip: not at all, until it is extracted or hashed, or willingly. */
export type GoVerdict = 'refuses' | 'fails later' | 'accepts';

/** A crafted zip and what must be said of it. */
export interface ZipCase {
  readonly title: string;
  readonly version: ModuleVersion;
  readonly zip: Buffer;
  /** Our reason; null for a legal zip. */
  readonly reason: RegExp | null;
  /** For a zip that we refuse while Go accepts it, Stoa is the stricter one. */
  readonly go: GoVerdict;
}

/** What most zips are of: an upper-case letter tells the escaped prefix from the right one. */
export const VERSION: ModuleVersion = { module: 'example.com/Mod', version: 'v1.2.3' };
/** The folder that all entries are in. */
export const PREFIX = 'example.com/Mod@v1.2.3/';
/** An honest go.mod, the first entry of most zips. */
export const GO_MOD: CraftedEntry = { name: `${PREFIX}go.mod`, content: 'module example.com/Mod\n' };

/** A zip that must be refused. */
export function refused(title: string, reason: RegExp, zip: Buffer, go: GoVerdict = 'refuses'): ZipCase {
  return { title, version: VERSION, zip, reason, go };
}

/** An honest small file below the module's root. */
export function file(path: string, lies: Omit<CraftedEntry, 'name'> = {}): CraftedEntry {
  return { name: PREFIX + path, content: `package ${path.length}\n`, ...lies };
}

/** A zip of go.mod and these. */
export function withMod(...entries: CraftedEntry[]): Buffer {
  return craftZip([GO_MOD, ...entries]);
}

/** A zip of go.mod and a.go with an end of its own. */
export function ended(end: CraftedEnd): Buffer {
  return craftZip([GO_MOD, file('a.go')], end);
}

/** A file that is said to have another size than it has. */
export function declared(path: string, size: number): CraftedEntry {
  return file(path, { both: { size } });
}

/** Many pieces of what a check reads or inflates at once. */
export const LARGE = Buffer.alloc(5 << 20, 'large');

/** Bytes that deflate to three quarters. */
export function noise(length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let at = 0, state = 1; at < length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[at] = (state >>> 24) & 0x3f;
  }
  return bytes;
}

/** The limits of x/mod for a zip, and for go.mod and LICENSE, in bytes. */
export const LIMIT = 500 << 20;
export const SMALL_LIMIT = 16 << 20;
