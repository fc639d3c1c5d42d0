import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './free-port.js';

/** A MinIO server of this test alone, on 127.0.0.1. */
export interface Minio {
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** Kills the server, waits for its end and removes its data. */
  stop(): Promise<void>;
}

const START_LIMIT = 60_000;
const POLL_INTERVAL = 50;
/** The port that was free may be taken by another process before the server binds it. */
const START_TRIES = 3;

/** Starts a real MinIO with an empty data folder. Throws when the binary is not there or does not come up. */
export async function startMinio(): Promise<Minio> {
  const binary = findBinary();
  for (let tries = 1; ; tries++) {
    const minio = await startOnce(binary);
    if (minio) return minio;
    if (tries === START_TRIES) throw new Error(`MinIO ended ${START_TRIES} times while it was starting`);
  }
}

function findBinary(): string {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const path = process.env['STOA_TEST_MINIO'] ?? join(cache, 'stoa', 'minio', 'minio');
  if (!existsSync(path)) {
    throw new Error(`no MinIO at ${path}: run "npm test", which builds it, or set STOA_TEST_MINIO to a minio binary`);
  }
  return path;
}

/** Null: the server ended before it was ready. */
async function startOnce(binary: string): Promise<Minio | null> {
  const data = await mkdtemp(join(tmpdir(), 'stoa-minio-'));
  const endpoint = `http://127.0.0.1:${await freePort()}`;
  const [accessKey, secretKey] = ['stoa-test', 'stoa-test-secret'];
  const child = spawn(binary, ['server', data, '--address', new URL(endpoint).host, '--quiet'], {
    stdio: 'ignore',
    env: {
      PATH: process.env['PATH'],
      HOME: data,
      MINIO_ROOT_USER: accessKey,
      MINIO_ROOT_PASSWORD: secretKey,
      MINIO_BROWSER: 'off',
      MINIO_UPDATE: 'off',
    },
  });
  // A test process that ends without having stopped its server must not leave it behind.
  const kill = (): boolean => child.kill('SIGKILL');
  process.once('exit', kill);
  const stop = async (): Promise<void> => {
    process.off('exit', kill);
    await end(child);
    await rm(data, { recursive: true, force: true });
  };
  if (await isReady(child, endpoint)) return { endpoint, accessKey, secretKey, stop };
  await stop();
  return null;
}

async function isReady(child: ChildProcess, endpoint: string): Promise<boolean> {
  const deadline = Date.now() + START_LIMIT;
  while (child.exitCode === null && child.signalCode === null) {
    const healthy = await statusOf(`${endpoint}/minio/health/ready`);
    // Ready it may say while it still answers requests with 503: one without a signature is then refused with 403.
    if (healthy === 200 && (await statusOf(`${endpoint}/any-bucket/`)) === 403) return true;
    if (Date.now() > deadline) throw new Error(`MinIO is not ready after ${START_LIMIT / 1000} s`);
    await delay(POLL_INTERVAL);
  }
  return false;
}

async function statusOf(url: string): Promise<number | null> {
  return fetch(url).then(
    async (response) => {
      await response.arrayBuffer();
      return response.status;
    },
    () => null,
  );
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
