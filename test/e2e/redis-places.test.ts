import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.js';
import { listenWords, makeAuthority } from '../support/authority.js';
import { freePort } from '../support/free-port.js';
import { startClusterRedis } from '../support/redis-cluster.js';
import { startSentinelRedis } from '../support/redis-sentinel.js';
import { startRedis, type RedisPlace } from '../support/redis.js';
import { startProcesses } from '../support/stack.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';

let upstream: FakeUpstream;

beforeAll(async () => {
  upstream = await startUpstream();
});
afterAll(() => upstream.close());

/** Characters that mean something in a URL. */
const PASSWORD = 'p@ss:w/o#r?d%20&';

/** One server over TCP with TLS, a certificate of an authority of its own, an ACL user and a database. */
async function startTlsRedis(): Promise<RedisPlace> {
  const folder = await mkdtemp(join(tmpdir(), 'stoa-tls-'));
  const authority = await makeAuthority(folder);
  const port = await freePort();
  const rules = 'proxy on ~stoa:* &stoa:* +@all -@dangerous +info'.split(' ');
  const redis = await startRedis([...listenWords(port, authority), '--user', ...rules, `>${PASSWORD}`]);
  return {
    env: {
      STOA_REDIS_URL: `rediss://proxy:${encodeURIComponent(PASSWORD)}@localhost:${port}/5`,
      NODE_EXTRA_CA_CERTS: authority.ca,
    },
    async close() {
      await redis.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

describe('misses, refusals and changes', () => {
  it.each<[string, () => Promise<RedisPlace>]>([
    ['one server over TLS, as an ACL user with a hard password, in a database', startTlsRedis],
    ['Sentinel over TLS, with passwords of the Sentinels and of the servers', () => startSentinelRedis({ tls: true })],
    ['Cluster over TLS, with certificates of names', () => startClusterRedis({ tls: true })],
  ])('work on %s', async (name, start) => {
    const module = `example.com/${name.replace(/\W+/g, '-').toLowerCase()}`;
    upstream.add(module, 'v1.0.0');
    const redis = await start();
    const processes = await startProcesses(redis, { gateways: 2, env: { GOPROXY: upstream.url } });
    try {
      const [first, second] = processes.gateways;
      const both = (path: string) => Promise.all([first!, second!].map(({ url }) => ask(`${url}/${module}${path}`)));
      // One flight for both gateways, in either queue, and its events.
      expect((await both('/@v/v1.0.0.zip')).map(({ status }) => status)).toEqual([200, 200]);
      expect(upstream.count(`/${module}/@v/v1.0.0.zip`)).toBe(1);
      // The version is stamped and entered.
      await expect.poll(async () => (await ask(`${first!.url}/catalog`)).text).toContain(module);
      // A refusal is kept for both.
      expect((await both('/@v/v9.0.0.info')).map(({ status }) => status)).toEqual([404, 404]);
      expect((await ask(`${second!.url}/${module}/@v/v9.0.0.info`)).headers.get('x-stoa-cache')).toBe('negative');
      // A change that one gateway causes reaches the memory of the other.
      expect((await both('/@v/list')).map(({ text }) => text)).toEqual(['v1.0.0\n', 'v1.0.0\n']);
      upstream.add(module, 'v1.1.0');
      expect((await ask(`${first!.ops}/-/refresh/${module}`, { method: 'POST' })).status).toBe(200);
      await expect
        .poll(async () => (await both('/@v/list')).map(({ text }) => text))
        .toEqual(Array.from({ length: 2 }, () => 'v1.0.0\nv1.1.0\n'));
    } finally {
      await processes.close();
      await redis.close();
    }
  });
});
