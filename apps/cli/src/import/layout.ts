import { escapePath, escapeVersion, parseModuleRequest, RefusalError, type ModuleVersion } from '#libs/protocol';
import type { FileKind } from './source.js';

/** A file of a version in a tree, by the names of its folders: they need not be those of a module or a version. */
export interface PlacedFile {
  readonly module: string;
  readonly version: string;
  readonly kind: FileKind;
  /** Whether a version may well have a `.mod` alone: a module cache has many such. */
  readonly modAlone: boolean;
}

/**
 * Tells which file of which version a path is, in any of the layouts that trees of modules have; null for all else:
 *
 *   <module>/@v/<version>.info|.mod|.zip                    file tree, module cache, Athens on S3, GCS and Azure
 *   <module>/<version>/<version>.info|go.mod|source.zip     Athens on disk and MinIO
 */
export function placeFile(path: string): PlacedFile | null {
  const file = /^(.+)\/@v\/([^/]+)\.(info|mod|zip)$/.exec(path);
  if (file) return { module: file[1]!, version: file[2]!, kind: file[3] as FileKind, modAlone: true };
  const athens = /^(.+)\/(v\d[^/]*)\/(?:(go\.mod)|(source\.zip)|\2\.info)$/.exec(path);
  if (!athens) return null;
  const kind = athens[3] ? 'mod' : athens[4] ? 'zip' : 'info';
  return { module: athens[1]!, version: athens[2]!, kind, modAlone: false };
}

/**
 * Reads the names of a version's folders: escaped (`!azure`) or, as Athens writes them, not (`Azure`). Throws
 * RefusalError when it is none that a gateway would serve.
 */
export function readVersion({ module, version }: Pick<PlacedFile, 'module' | 'version'>): ModuleVersion {
  // What is percent-encoded in an URL is so in no layout.
  if (`${module}${version}`.includes('%')) throw new RefusalError('not-found', `${module}@${version}: malformed`);
  const escaped = module.includes('!') ? module : escapePath(module);
  const request = parseModuleRequest(`/${escaped}/@v/${version.includes('!') ? version : escapeVersion(version)}.zip`);
  if (request.kind !== 'zip') throw new RefusalError('not-found', `${module}@${version}: no version`);
  return { module: request.module, version: request.version };
}
