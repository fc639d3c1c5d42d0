import type { Config } from '#libs/config';
import { RefusalError } from '#libs/protocol';
import { readBody, type MetaStore } from '#libs/storage';
import { SumdbArchive, Sumdbs, type AskDatabase } from '#libs/sumdb';
import { configuredChecksums, type FindChecksums } from '../checksums.js';

/**
 * Makes the look-up of an audit, which changes nothing; null where the settings want nothing verified. A stored answer
 * of the database is worth what anybody's is: it is proven anew, and when it can't be, the database is asked.
 */
export function provenChecksums(
  config: Pick<Config, 'verifyAgainst' | 'go' | 'queryTimeout'>,
  meta: MetaStore,
  ask: AskDatabase,
): FindChecksums | null {
  const stored = new SumdbArchive(meta, 0, config.verifyAgainst ? [config.verifyAgainst] : []);
  const askStored: AskDatabase = async (database, path, context) => {
    const kind = path.startsWith('lookup/') ? 'lookup' : null;
    const kept = kind && (await stored.find({ kind, name: database.name, path }));
    return kept?.body ? { bytes: await readBody(kept.body) } : ask(database, path, context);
  };
  const find = (source: AskDatabase): FindChecksums | null =>
    configuredChecksums(config, new Sumdbs([], unwritten(meta), source));
  const [known, anew] = [find(askStored), find(ask)];
  if (known === null || anew === null) return null;
  return async (version, signal) => {
    try {
      return await known(version, signal);
    } catch (error) {
      if (!(error instanceof RefusalError) || signal.aborted) throw error;
      return anew(version, signal);
    }
  };
}

/** A store that takes nothing, and has no answers to lookups: a client asks for them, and proves them. */
function unwritten(meta: MetaStore): MetaStore {
  return {
    stat: (key) => meta.stat(key),
    get: async (key) => (key.includes('/lookup/') ? null : meta.get(key)),
    list: (prefix, startAfter) => meta.list(prefix, startAfter),
    put: () => Promise.resolve(true),
    delete: () => Promise.resolve(),
  };
}
