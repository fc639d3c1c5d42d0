import { dirname } from 'node:path';
import { RefusalError } from '#libs/protocol';
import { placeFile, readVersion, type PlacedFile } from './layout.js';
import type { SourceFiles } from './source-files.js';
import type { Candidate, ImportSource, Unfit } from './source.js';
import { TreeCandidate } from './tree.candidate.js';

/** A tree of modules in one or several of the layouts that placeFile knows. */
export class TreeSource implements ImportSource {
  readonly concurrency: number;

  constructor(private readonly files: SourceFiles) {
    this.concurrency = files.concurrency;
  }

  async *candidates(): AsyncGenerator<Candidate | Unfit> {
    for await (const versions of byFolder(this.files.paths())) {
      for (const files of versions.values()) {
        const candidate = this.candidate(files);
        if (candidate) yield candidate;
      }
    }
  }

  async count(): Promise<number> {
    let count = 0;
    for await (const candidate of this.candidates()) if (candidate) count++;
    return count;
  }

  close(): Promise<void> {
    return this.files.close();
  }

  /** Null: nothing of a version but its `.info`, which a module cache has of whatever was asked for. */
  private candidate(files: readonly LocatedFile[]): Candidate | Unfit | null {
    const paths = new Map(files.map(({ kind, path }) => [kind, path]));
    const zip = paths.get('zip');
    const place = files[0]!;
    const name = `${place.module}@${place.version}`;
    if (zip === undefined && !place.modAlone) return { name, reason: `${name}: it has no source.zip` };
    if (zip === undefined && !paths.has('mod')) return null;
    try {
      return new TreeCandidate(readVersion(place), paths, this.files);
    } catch (error) {
      if (error instanceof RefusalError) return { name, reason: error.message };
      throw error;
    }
  }
}

type LocatedFile = PlacedFile & { readonly path: string };

/** Gives the versions of each folder in turn: no more than those of one are held in memory. */
async function* byFolder(paths: AsyncIterable<string>): AsyncGenerator<Map<string, LocatedFile[]>> {
  let folder = '';
  let versions = new Map<string, LocatedFile[]>();
  for await (const path of paths) {
    const place = placeFile(path);
    if (place === null) continue;
    if (dirname(path) !== folder) {
      yield versions;
      folder = dirname(path);
      versions = new Map();
    }
    const files = versions.get(place.version);
    if (files) files.push({ ...place, path });
    else versions.set(place.version, [{ ...place, path }]);
  }
  yield versions;
}
