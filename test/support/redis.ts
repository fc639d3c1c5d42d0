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

/** One whose primary may be lost, for a replica takes its place. */
export interface FailoverRedis extends RedisPlace {
  /** The server that the others call the primary now: in a Cluster, of the slot that holds the queues. */
  primary(): Promise<RedisServer>;
  /** Resolves with the new primary once the others name another one than `old`. */
  failover(old: RedisServer): Promise<RedisServer>;
  /** Lets a server that was stopped or frozen run again, and resolves once it is a replica of the primary. */
  revive(server: RedisServer): Promise<void>;
}

/** A real redis-server of a test's own, on a unix socket. It keeps its data over a stop and a start. */
export interface TestRedis extends RedisPlace, RedisServer {
  readonly url: string;
  /** The socket. */
  readonly path: string;
  readonly password: string;
  /** The same server, spoken to with another password. */
  as(password: string): Pick<RedisServer, 'command'>;
  /** Starts it as if its disk had been lost. */
  startEmpty(): Promise<void>;
}

/**
 * Starts a redis-server, with more arguments and a password where they are given, and resolves when it answers. What it
 * has acknowledged is the kernel's, which a kill does not touch; it never syncs, for behind a slow sync it holds writes
 * back for seconds and loses them when it is killed.
 */
export async function startRedis(words: readonly string[] = [], password = ''): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'stoa-redis-'));
  const path = join(folder, 's');
  const data = join(folder, 'appendonlydir');
  const base = `--port 0 --unixsocket ${path} --dir ${folder} --appendonly yes --appendfsync no`.split(' ');
  const secret = password === '' ? [] : ['--requirepass', password];
  const server = redisServer([...base, '--save', '', ...secret, ...words], { path, password });
  await server.start();
  const url = `unix://${password === '' ? '' : `:${encodeURIComponent(password)}@`}${path}`;
  return {
    ...server,
    url,
    path,
    password,
    as: (other) => redisServer([], { path, password: other }),
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
