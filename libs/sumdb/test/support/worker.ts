import { ObjectMetaStore, readBody, type ObjectStore } from '#libs/storage';
import { SumdbClient } from '#libs/sumdb';
import { Middleman } from './middleman.js';
import type { TestDatabase } from './test-database.js';

export const SIGNAL = new AbortController().signal;

/** A version that `grow` has put in a log. */
export const version = (id: number): { module: string; version: string } => ({
  module: `example.com/m${id}`,
  version: 'v1.0.0',
});
export const lookup = (id: number): string => `lookup/example.com/m${id}@v1.0.0`;

/** A client as a worker has it, with a middleman of its own before the database. */
export interface Worker {
  readonly client: SumdbClient;
  readonly middleman: Middleman;
}

export function startWorker(database: TestDatabase, store: ObjectStore, log: string): Worker {
  const middleman = new Middleman(database, log);
  const { verifierKey } = database;
  const client = new SumdbClient({ verifierKey, meta: new ObjectMetaStore(store), remote: middleman.remote });
  return { client, middleman };
}

/** The hashes of a version as the database says them itself. */
export async function truth(database: TestDatabase, log: string, id: number): Promise<{ zip: string; goMod: string }> {
  const lines = (await database.answer(log, lookup(id))).toString('utf8').split('\n');
  return { zip: lines[1]?.split(' ')[2] ?? '', goMod: lines[2]?.split(' ')[2] ?? '' };
}

/** What is stored of verified answers, without the folder. */
export async function keysOf(store: ObjectStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list('.meta/sumdb/')) keys.push(key.replace(/^.*\/\+[\da-f]{8}\//, ''));
  return keys;
}

export async function storedAt(store: ObjectStore, path: string): Promise<Buffer | null> {
  for await (const { key } of store.list('.meta/sumdb/')) {
    if (!key.endsWith(`/${path}`)) continue;
    const found = await store.get(key);
    return found && readBody(found.body);
  }
  return null;
}

/** How a refusal reads: its kind and message. */
export async function refusalOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (error: unknown) => `${(error as { kind?: string }).kind}: ${(error as Error).message}`,
  );
}
