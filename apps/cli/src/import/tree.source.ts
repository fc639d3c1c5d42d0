import { RefusalError } from '#libs/protocol';
import { placeFile, readVersion, type PlacedFile } from './layout.js';
import type { SourceFile, SourceFiles } from './source-files.js';
import type { Candidate, ImportSource, Unfit } from './source.js';
import { TreeCandidate } from './tree.candidate.js';

/** A tree of modules in one or several of the layouts that placeFile knows. */
export class TreeSource implements ImportSource {
  readonly concurrency: number;

  constructor(private readonly files: SourceFiles) {
    this.concurrency = files.concurrency;
  }

  async *candidates(): AsyncGenerator<Candidate | Unfit> {
    for await (const folder of this.files.all()) {
      for (const files of byVersion(folder).values()) {
        const candidate = this.candidate(files);
        if (candidate) yield candidate;
      }
    }
    yield* this.files.unread();
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
    const kinds = new Map(files.map((file) => [file.kind, file]));
    const zip = kinds.get('zip');
    const place = files[0]!;
    const name = `${place.module}@${place.version}`;
    if (zip === undefined && !place.modAlone) return { name, reason: `${name}: it has no source.zip` };
    if (zip === undefined && !kinds.has('mod')) return null;
    try {
      return new TreeCandidate(readVersion(place), kinds, this.files);
    } catch (error) {
      if (error instanceof RefusalError) return { name, reason: error.message };
      throw error;
    }
  }
}

type LocatedFile = PlacedFile & SourceFile;

function byVersion(folder: readonly SourceFile[]): Map<string, LocatedFile[]> {
  const versions = new Map<string, LocatedFile[]>();
  for (const file of folder) {
    const place = placeFile(file.path);
    if (place === null) continue;
    const files = versions.get(place.version);
    if (files) files.push({ ...place, ...file });
    else versions.set(place.version, [{ ...place, ...file }]);
  }
  return versions;
}
