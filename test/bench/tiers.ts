import { ask } from '../support/ask.js';
import { startMinio, type Minio } from '../support/minio.js';
import { startStack, type Stack } from '../support/stack.js';
import { startAthens } from './athens.js';
import { installed, Upsim, wrk, type Kit } from './kit.js';

const FILES = {
  '.info': { path: '/golang.org/x/text/@v/v0.7.0.info', tier: 'memory' },
  '.mod': { path: '/golang.org/x/text/@v/v0.7.0.mod', tier: 'memory' },
  'zip of 18 kB': { path: '/golang.org/x/time/@v/v0.15.0.zip', tier: 'memory' },
  'zip of 8.6 MB': { path: '/golang.org/x/text/@v/v0.7.0.zip', tier: 'disk' },
} as const;
const ROUNDS = 3;

/** The settings of a stack on a MinIO, with a disk tier. */
export function onMinio(minio: Minio): Record<string, string> {
  return {
    STOA_STORAGE: 's3',
    STOA_S3_ENDPOINT: minio.endpoint,
    STOA_S3_ACCESS_KEY: minio.accessKey,
    STOA_S3_SECRET_KEY: minio.secretKey,
    STOA_DISK_CACHE: '1GiB',
  };
}

/** Hits a second from MinIO with warm tiers, beside those from disk, and beside Athens' from the same MinIO. */
export async function tieredHits(kit: Kit): Promise<void> {
  if (!installed('wrk')) {
    console.log('hits from MinIO: not measured, wrk is needed (Debian: apt-get install wrk)');
    return;
  }
  const upsim = await Upsim.start(kit, '0ms');
  const minio = await startMinio();
  const near = await startStack({ env: { GOPROXY: upsim.url }, log: false });
  const far = await startStack({ env: { GOPROXY: upsim.url, ...onMinio(minio) }, log: false });
  const athens = await startAthens(kit, upsim, minio);
  for (const [name, { path, tier }] of Object.entries(FILES)) {
    for (const stack of [near, far]) await warm(stack, path);
    const answer = await ask(`${far.url}${path}`);
    const from = answer.headers.get('x-stoa-cache');
    if (from !== tier) throw new Error(`${path} came from ${from}, not from ${tier}`);
    if (athens) await ask(`${athens.url}${path}`);
    const [disk, s3, theirs]: [number[], number[], number[]] = [[], [], []];
    for (let round = 0; round < ROUNDS; round++) {
      disk.push(await wrk(`${near.url}${path}`));
      s3.push(await wrk(`${far.url}${path}`));
      if (athens) theirs.push(await wrk(`${athens.url}${path}`));
    }
    const [ours, files] = [Math.max(...s3), Math.max(...disk)];
    const bytes = ((ours * answer.bytes.length) / 1e9).toFixed(2);
    const peer = Math.max(...theirs);
    const multiple = athens ? `; Athens on this MinIO ${peer.toFixed(0)}: ${(ours / peer).toFixed(1)} times` : '';
    console.log(
      `${name} hits a second from MinIO, warm ${tier} tier: ${ours.toFixed(0)} (${bytes} GB/s), from files ${files.toFixed(0)}: ratio ${(ours / files).toFixed(2)}${multiple}`,
    );
  }
  await Promise.all([near.close(), far.close(), athens?.stop(), upsim.stop()]);
  await minio.stop();
}

/** Asks until the tiers have a file: a fill may still be under way when the first answer is whole. */
async function warm(stack: Stack, path: string): Promise<void> {
  for (let tries = 0; tries < 50; tries++) {
    const { headers } = await ask(`${stack.url}${path}`);
    if (['memory', 'disk'].includes(headers.get('x-stoa-cache') ?? '')) return;
  }
}
