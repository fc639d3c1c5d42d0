import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { redisServer, type RedisServer } from './redis-server.js';

/** Somewhere Stoa finds its Redis. */
export interface RedisPlace {
  /** The settings that lead there. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** A real redis-server of a test's own, on a unix socket. It keeps its data over a stop and a start. */
export interface TestRedis extends RedisPlace, RedisServer {
  readonly url: string;
  /** The socket. */
  readonly path: string;
  /** Starts it as if its disk had been lost. */
  startEmpty(): Promise<void>;
}

/** Starts a redis-server and resolves when it answers. */
export async function startRedis(words: readonly string[] = []): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'stoa-redis-'));
  const path = join(folder, 's');
  const data = join(folder, 'appendonlydir');
  const server = redisServer(
    ['--port', '0', '--unixsocket', path, '--dir', folder, '--appendonly', 'yes', '--save', '', ...words],
    { path },
  );
  await server.start();
  const url = `unix://${path}`;
  return {
    ...server,
    url,
    path,
    env: { STOA_REDIS_URL: url },
    async startEmpty() {
      await server.stop();
      await rm(data, { recursive: true, force: true });
      await server.start();
    },
    async close() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
