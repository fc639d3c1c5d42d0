import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { environment, loadConfig } from '#libs/config';
import { Metrics } from '#libs/observability';
import { ObjectModuleStore, openStorage, type Storage } from '#libs/storage';
import type { Ground } from './ground.js';
import { describeModuleStore } from './module-store.js';
import { describeObjectStore } from './object-store.js';
import { describeStorageServer, type ServerAddress } from './storage-server.js';
import { STORAGES, type Conforming } from './storages.js';
import { theirServer } from './their-server.js';

/** Test files that run at once: as many as vitest.config.ts lets. */
const SHARES = 3;

/** Runs the suites on a share of the storages, 1 to 3, or on the server that is named to be tried in their place. */
export async function describeShare(share: number): Promise<void> {
  const theirs = await theirServer(environment());
  const storages = theirs ? [theirs] : STORAGES;
  for (const [n, storage] of storages.entries()) if (n % SHARES === share - 1) describeStorage(storage);
}

/** Runs the suites that a storage must pass, one after the other on the same one. */
function describeStorage(storage: Conforming): void {
  describe(storage.name, () => {
    let folder: string;
    let ground: Ground | null = null;
    let opened: Pick<Storage, 'objects' | 'modules'> | null = null;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'stoa-conformance-'));
      ground = await storage.lay(folder);
      opened = await open(ground, folder, storage);
    });
    afterAll(async () => {
      await opened?.objects.close();
      await ground?.close?.();
      await rm(folder, { recursive: true });
    });

    if (storage.server) describeStorageServer(() => addressOf(ground!));
    if (storage.objects !== 'none') describeObjectStore(() => opened!.objects, { large: storage.objects === 'all' });
    describeModuleStore(() => opened!.modules);
  });
}

async function open(
  ground: Ground,
  folder: string,
  { tiers, bulk = false }: Conforming,
): Promise<Pick<Storage, 'objects' | 'modules'>> {
  if ('store' in ground) return { objects: ground.store, modules: new ObjectModuleStore(ground.store) };
  const { config } = loadConfig('api', { STOA_DATA_DIR: folder, ...ground.settings, ...tiers });
  return openStorage(config, new Metrics(), { writes: true, bulk, ...(tiers && { tiers: { log: { warn: fail } } }) });
}

/** A tier that has something to warn of does not what it is tried for. */
function fail(fields: unknown): never {
  throw new Error('a tier fails', { cause: fields });
}

function addressOf(ground: Ground): ServerAddress {
  const { STOA_EXTERNAL_URL: url = '', STOA_EXTERNAL_TOKEN: token } = 'settings' in ground ? ground.settings : {};
  return { url, token };
}
