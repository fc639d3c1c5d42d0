import { afterAll, beforeAll, beforeEach } from 'vitest';
import { MemoryObjectStore } from '#libs/storage';
import { startTestDatabase, type TestDatabase } from './test-database.js';

/** What a test begins with: a database, a log in it that is its own, and an empty store. */
export interface FreshLog {
  database: TestDatabase;
  store: MemoryObjectStore;
  log: string;
}

/** Starts a database for a test file, and gives each of its tests a log and a store of its own. */
export function freshLog(): FreshLog {
  const fresh = { log: '' } as FreshLog;
  let names = 0;
  beforeAll(async () => {
    fresh.database = await startTestDatabase();
  });
  afterAll(() => fresh.database.close());
  beforeEach(() => {
    fresh.store = new MemoryObjectStore();
    fresh.log = `log${names++}`;
  });
  return fresh;
}
