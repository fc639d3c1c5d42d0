import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { loadConfig } from '#libs/config';
import { Scratch } from '#libs/ingest';
import { createLogger, Health, listen, Metrics, type Logger } from '#libs/observability';
import { openStorage } from '#libs/storage';
import { createStorageServer } from '../../apps/storage/src/server.js';
import { freePort } from './free-port.js';
import { buildGo } from './go.js';

/** A storage server of this test alone. */
export interface TestServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves a storage of these settings in this process, as `stoa storage` does; its log, where wanted, is the caller's. */
export async function serveStorage(env: Record<string, string>, log?: Logger): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'stoa-server-'));
  const settings = { STOA_DATA_DIR: folder, STOA_LISTEN: '127.0.0.1:0', STOA_LOG_LEVEL: 'error', ...env };
  const { config } = loadConfig('storage', settings);
  const metrics = new Metrics();
  const { objects, modules } = await openStorage(config, metrics, { writes: true });
  const scratch = new Scratch(config.dataDir);
  await scratch.open();
  const server = createStorageServer({
    objects,
    modules,
    scratch,
    metrics,
    token: config.storageToken,
    log: log ?? (await createLogger(config, 'storage')),
    health: new Health({ storage: { critical: true, check: () => objects.check() } }),
  });
  const url = await listen(server, config.listen);
  return {
    url,
    async close() {
      server.server.closeAllConnections();
      await server.close();
      await scratch.close();
      await objects.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Starts the server in Go that has the six basic routes alone; `root` is its folder. It may be started there again. */
export async function startSixRoutes(root: string, at?: string): Promise<TestServer> {
  const address = at ?? `127.0.0.1:${await freePort()}`;
  const program = await buildGo(fileURLToPath(new URL('six-routes', import.meta.url)), 'six-routes');
  return startServer(program, ['-listen', address, '-root', root]);
}

/** Starts the example server on SQLite; its database is in a folder. */
export async function startSqliteExample(folder: string): Promise<TestServer> {
  const program = fileURLToPath(new URL('../../examples/sqlite-storage/server.mjs', import.meta.url));
  return startServer(process.execPath, [program, '127.0.0.1:0', join(folder, 'storage.sqlite')]);
}

/** Starts a program whose first line is its address. */
async function startServer(program: string, words: readonly string[]): Promise<TestServer> {
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const kill = (): boolean => child.kill('SIGKILL');
  process.once('exit', kill);
  const exited = once(child, 'exit');
  const [url] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    exited.then(([code]) => Promise.reject(new Error(`${program} ended with ${code}`))),
  ])) as [string];
  return {
    url,
    async close() {
      process.off('exit', kill);
      kill();
      await exited;
    },
  };
}
