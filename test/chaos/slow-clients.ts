import { expect } from 'vitest';
import { ask, metric, sha256 } from '../support/ask.js';
import { DistantCrowd } from '../support/distant-crowd.js';
import { connectionsTo, descriptors, residentMemory } from '../support/descriptors.js';
import { startMinio } from '../support/minio.js';
import { startStack } from '../support/stack.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';
import { recordFigure } from './report.js';
import type { Pace, Scenario } from './scenario.js';

/** Stored, and too large for the gateway's memory and for the kernel's. */
const LARGE = '/example.com/large/@v/v1.0.0.zip';
const SMALL = '/example.com/large/@v/v1.0.0.mod';

/** How many clients of each kind. */
export interface Hostile {
  /** Read a large zip at 1 kB a second. */
  readonly slowReaders: number;
  /** Connect and say nothing. */
  readonly halfOpen: number;
  /** Send a byte of a header a second. */
  readonly slowHeaders: number;
  /** Had an answer and keep their connection. */
  readonly idle: number;
  /** Ask for a large zip and are gone before its first byte, at it, or later; so many of each. */
  readonly aborting: number;
}

/** What a gateway holds; idle connections to the storage, which it keeps for the next who ask, are left out. */
export interface Held {
  /** Descriptors of any kind. */
  readonly descriptors: number;
  /** Connections to the storage on which an answer waits to be read. */
  readonly answers: number;
}

/** One gateway and what is around it. */
export interface Target {
  readonly storage: 'fs' | 's3';
  readonly url: string;
  /** How busy the gateway was since this was last asked, in words. */
  readonly busy: () => Promise<string>;
  readonly pid: number;
  readonly upstream: FakeUpstream;
  readonly held: () => Promise<Held>;
  close(): Promise<void>;
}

/** Starts a gateway on a storage of its own that has a large module. */
export async function startTarget(storage: 'fs' | 's3'): Promise<Target> {
  const upstream = await startUpstream();
  upstream.add('example.com/large', 'v1.0.0', { files: { 'large.bin': Buffer.alloc(12_000_000, 3) } });
  const minio = storage === 's3' ? await startMinio() : null;
  const env = minio && {
    STOA_STORAGE: 's3',
    STOA_S3_ENDPOINT: minio.endpoint,
    STOA_S3_ACCESS_KEY: minio.accessKey,
    STOA_S3_SECRET_KEY: minio.secretKey,
  };
  const stack = await startStack({ env: { GOPROXY: upstream.url, ...env } });
  const [{ url, ops, pid }] = stack.gateways as [(typeof stack.gateways)[0]];
  for (const path of [LARGE, SMALL]) await ask(`${url}${path}`);
  const busy = meter(ops);
  await busy(); // so that its connection is held from the start
  return {
    storage,
    url,
    busy,
    pid,
    upstream,
    async held() {
      const all = (await descriptors(pid)).length;
      if (!minio) return { descriptors: all, answers: 0 };
      const connections = await connectionsTo(pid, Number(new URL(minio.endpoint).port));
      return { descriptors: all - connections.all + connections.unread, answers: connections.unread };
    },
    async close() {
      await stack.close();
      await upstream.close();
      await minio?.stop();
    },
  };
}

/** All who do what no good client does, at once, under load; then they are gone. */
export function slowClients(
  { storage, url, busy, pid, upstream }: Target,
  hostile: Hostile,
  { hitsPerSecond, missesPerSecond, ...watch }: Pace,
): Scenario {
  const crowd = new DistantCrowd(url);
  const { slowReaders, halfOpen, slowHeaders, idle, aborting } = hostile;
  const place = storage === 'fs' ? 'Files' : 'MinIO';
  let memory = 0;
  return {
    name: `${place}: ${slowReaders} clients read at 1 kB/s, ${halfOpen} say nothing, ${slowHeaders} spell their headers, ${idle} are idle, ${4 * aborting} leave in mid-answer`,
    promise: 'All others are served, hits and misses; memory stays within bounds.',
    load: { gateways: [url], hitsPerSecond, missesPerSecond },
    upstream,
    watch,
    async inject() {
      memory = await residentMemory(pid);
      await busy();
      await crowd.do('slowReaders', slowReaders, LARGE, 1_000);
      await crowd.do('halfOpen', halfOpen);
      await crowd.do('slowHeaders', slowHeaders);
      await crowd.do('idle', idle, SMALL);
      for (const bytes of [0, 1, 100_000, 5_000_000]) await crowd.do('aborting', aborting, LARGE, bytes);
      recordFigure(`${place}: while they come, the gateway takes ${await busy()}`);
    },
    async heal() {
      recordFigure(`${place}: while they are there, the gateway takes ${await busy()}`);
      expect(sha256((await ask(`${url}${LARGE}`)).bytes)).toBe(sha256(upstream.file(LARGE)));
      expect(await residentMemory(pid)).toBeLessThan(memory + room(hostile));
      await crowd.leave();
    },
    recoversWithin: 0,
  };
}

/** Tells how busy a gateway was since it was last asked, by its own metrics, which do not see how busy the load is. */
function meter(ops: string): () => Promise<string> {
  let [at, cpu] = [0, 0];
  return async () => {
    const late = await metric(ops, 'nodejs_eventloop_lag_p99_seconds'); // resets it
    const [before, spent] = [at, cpu];
    [at, cpu] = [performance.now(), await metric(ops, 'process_cpu_seconds_total')];
    const share = (100_000 * (cpu - spent)) / (at - before);
    return `${share.toFixed(0)} % of a CPU, and 99 of 100 turns of its event loop take no more than ${(late * 1000).toFixed(0)} ms`;
  };
}

/**
 * Bytes that a gateway may need for them all: half a megabyte for each who reads, which is a buffer here and one of the
 * storage's connection, a fiftieth for each other connection, and what is collected late.
 */
function room({ slowReaders, halfOpen, slowHeaders, idle }: Hostile): number {
  return 1024 * 1024 * (100 + slowReaders / 2 + (halfOpen + slowHeaders + idle) / 50);
}

/** Whether nothing is held that was not before. */
export function noMoreThan(before: Held): (now: Held) => boolean {
  return (now) => now.descriptors <= before.descriptors && now.answers <= before.answers;
}
