import type { Storage } from '#libs/storage';
import { storedHeaders, storedKind } from './replies.js';
import { targetPath } from './target.js';

type Kind = 'info' | 'mod' | 'zip';

/**
 * A path whose rest is the key of such a file, if there is one: keys are spelled as clients spell paths, and only what
 * was asked by a name that is legal was ever read. No module path begins with a dot, as the keys of all else do.
 */
const FILE = /^\/([^./].*\/@v\/[^/]+\.(info|mod|zip))$/;

/** Bytes of a body that goes out with its head in one write; a larger one is no faster that way. */
const ONE_WRITE = 32 * 1024;

/** A small file that never changes, from memory. */
export interface MemoryHit {
  readonly kind: Kind;
  readonly bytes: Buffer;
  /** Its headers as they are sent, each with its line end: all that are the same for everybody who asks. */
  readonly headers: string;
}

/** Finds small files that never change and that memory holds by the target of a request. */
export class MemoryHits {
  /** `held` as in Storage. */
  constructor(
    private readonly held: Storage['held'],
    private readonly basePath: string,
  ) {}

  find(target: string): MemoryHit | null {
    const [, key, kind] = FILE.exec(targetPath(target, this.basePath) ?? '') ?? [];
    const found = key === undefined ? null : this.held(key);
    if (!found || found.bytes.length > ONE_WRITE) return null;
    const { stat, bytes } = found;
    const all = { ...storedHeaders(stat, storedKind(kind as Kind, Infinity, 'memory')), 'content-length': stat.size };
    let headers = '';
    for (const [name, value] of Object.entries(all)) headers += `${name}: ${value}\r\n`;
    return { kind: kind as Kind, bytes, headers };
  }
}
