import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { freePort } from '../support/free-port.js';
import type { Minio } from '../support/minio.js';
import type { Kit, Upsim } from './kit.js';

const MODULE = 'github.com/gomods/athens@v0.18.0';

/** The proxy to beat, on a MinIO: an answer of it needs the storage each time, as it has no tiers. */
export interface Athens {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Builds Athens once, in the user's cache folder (some minutes), and starts it on a MinIO. Null, and a line says why:
 * it can't be built here.
 */
export async function startAthens(kit: Kit, upsim: Upsim, minio: Minio): Promise<Athens | null> {
  const program = join(kit.folder, 'athens');
  try {
    if (!existsSync(program)) build(program);
  } catch (error) {
    console.log(
      `Athens: not measured, it could not be built: ${error instanceof Error ? error.message : String(error)}`,
    );
    return null;
  }
  const home = mkdtempSync(join(tmpdir(), 'stoa-athens-'));
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(program, {
    stdio: 'ignore',
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      ATHENS_PORT: address,
      ATHENS_LOG_LEVEL: 'error',
      ATHENS_GO_BINARY_ENV_VARS: `GOPROXY=${upsim.url};GONOSUMDB=*;GOFLAGS=-modcacherw`,
      ATHENS_STORAGE_TYPE: 'minio',
      ATHENS_MINIO_ENDPOINT: new URL(minio.endpoint).host,
      ATHENS_MINIO_ACCESS_KEY_ID: minio.accessKey,
      ATHENS_MINIO_SECRET_ACCESS_KEY: minio.secretKey,
      ATHENS_MINIO_BUCKET_NAME: 'athens',
      ATHENS_MINIO_REGION: 'us-east-1',
      ATHENS_MINIO_USE_SSL: 'false',
    },
  });
  const url = `http://${address}`;
  const stop = async (): Promise<void> => {
    const exited = once(child, 'exit');
    child.kill();
    await exited;
    rmSync(home, { recursive: true, force: true });
  };
  for (let tries = 0; tries < 100; tries++) {
    const answers = await fetch(`${url}/healthz`).catch(() => null);
    if (answers?.ok) return { url, stop };
    if (child.exitCode !== null) break;
    await after(100);
  }
  throw new Error('Athens does not answer');
}

/** From a copy of its module: `go install` asks for a list, which not every mirror has. */
function build(program: string): void {
  console.log('building Athens, once for this user: some minutes');
  const folder = mkdtempSync(join(tmpdir(), 'stoa-athens-'));
  try {
    const downloaded = execFileSync('go', ['mod', 'download', '-json', MODULE], { cwd: folder, encoding: 'utf8' });
    const { Dir: source } = JSON.parse(downloaded) as { Dir: string };
    const copy = join(folder, 'athens');
    cpSync(source, copy, { recursive: true });
    execFileSync('chmod', ['-R', 'u+w', copy]);
    execFileSync('go', ['build', '-o', `${program}.unfinished`, './cmd/proxy'], { cwd: copy });
    renameSync(`${program}.unfinished`, program);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
