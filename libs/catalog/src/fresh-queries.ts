import { unescapeVersion } from '#libs/protocol';
import { ageOf, queriesFolder, type MetaStore } from '#libs/storage';

const SUFFIX = '.json';

/** The branches, tags and commits of a module whose resolution is younger than `ttl` milliseconds. */
export async function freshQueries(meta: MetaStore, module: string, ttl: number): Promise<string[]> {
  const folder = queriesFolder(module);
  const fresh: string[] = [];
  for await (const entry of meta.list(folder)) {
    const query = unescapeVersion(entry.key.slice(folder.length, -SUFFIX.length));
    if (query !== null && ageOf(entry) < ttl) fresh.push(query);
  }
  return fresh;
}
