import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { loadConfig } from '#libs/config';
import { openStorage } from '#libs/storage';
import { metric } from '../support/ask.js';
import { DistantCrowd } from '../support/distant-crowd.js';
import { startMinio } from '../support/minio.js';
import { startProcess, type StoaProcess } from '../support/processes.js';
import { startStack } from '../support/stack.js';
import { peakMemory, replay, type Kit } from './kit.js';
import { onMinio } from './tiers.js';

const CLIENTS = 100;
const ZIPS = 10;
const SIZE = 46_000_000;
/** Bytes a second that a slow client takes, and for how many milliseconds it is looked at. */
const SLOW = { rate: 1_000_000, time: 10_000 };

const KEYS = Array.from({ length: ZIPS }, (_, n) => `example.com/large-${n}/@v/v1.0.0.zip`);
const CROWDS = {
  'one zip of 46 MB': { zips: 1, slow: false },
  'ten zips of 46 MB': { zips: ZIPS, slow: false },
  'ten zips of 46 MB, at 1 MB/s each': { zips: ZIPS, slow: true },
} as const;

type Crowd = (typeof CROWDS)[keyof typeof CROWDS];

/** The gateway's memory with many clients on large zips, from each kind of storage: idle, and at most. */
export async function largeZips(kit: Kit): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'stoa-bench-'));
  const minio = await startMinio();
  const files = { STOA_FS_ROOT: join(folder, 'storage') };
  const bucket = { ...onMinio(minio), STOA_DISK_CACHE: '0' };
  for (const settings of [files, bucket]) await fill({ ...settings, STOA_DATA_DIR: folder });
  const server = await startProcess('storage', { ...files, STOA_DATA_DIR: join(folder, 'server') }, { log: false });
  const storages: readonly [name: string, backend: string, env: Record<string, string>][] = [
    ['files', 'fs', files],
    ['MinIO, no disk tier', 's3', bucket],
    ['MinIO, cold disk tier', 's3', onMinio(minio)],
    ['a storage server', 'external', { STOA_STORAGE: 'external', STOA_EXTERNAL_URL: server.url }],
  ];
  for (const [storage, backend, env] of storages) {
    for (const [what, crowd] of Object.entries(CROWDS)) {
      const stack = await startStack({ workers: 0, env: { GOPROXY: 'off', ...env }, log: false });
      const gateway = stack.gateways[0]!;
      const idle = peakMemory(gateway.pid);
      const seconds = await download({ ...kit, list: join(folder, 'list') }, gateway, crowd);
      const reads = await metric(gateway.ops, 'stoa_storage_operation_duration_seconds_count', {
        backend,
        operation: 'get',
        outcome: 'ok',
      });
      console.log(
        `${CLIENTS} clients on ${what} from ${storage}: ${seconds.toFixed(1)} s, ${reads} reads of the storage, ` +
          `gateway ${idle} MiB before, ${peakMemory(gateway.pid)} MiB at most (limit 250)`,
      );
      await stack.close();
    }
  }
  await server.kill();
  await minio.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** Stores the zips. A gateway does not look into them. */
async function fill(env: Record<string, string>): Promise<void> {
  const { config } = loadConfig('worker', { GOPROXY: 'off', GOSUMDB: 'off', ...env });
  const { objects } = await openStorage(config, null, { writes: true });
  for (const [n, key] of KEYS.entries()) await objects.put(key, Buffer.alloc(SIZE, n), { size: SIZE, mode: 'create' });
  await objects.close();
}

/** Has the clients ask all at once; gives the seconds that it took. */
async function download(kit: Kit, { url }: StoaProcess, { zips, slow }: Crowd): Promise<number> {
  const keys = KEYS.slice(0, zips);
  if (!slow) {
    writeFileSync(kit.list, keys.map((key) => `/${key}\n`.repeat(CLIENTS / zips)).join(''));
    return replay(kit, url, CLIENTS);
  }
  const crowd = new DistantCrowd(url);
  for (const key of keys) await crowd.do('slowReaders', CLIENTS / zips, `/${key}`, SLOW.rate);
  await after(SLOW.time);
  await crowd.leave();
  return SLOW.time / 1000;
}
