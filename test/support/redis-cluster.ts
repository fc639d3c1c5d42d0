import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listenWords, makeAuthority } from './authority.js';
import { freePort } from './free-port.js';
import { redisServer, type RedisServer } from './redis-server.js';
import type { RedisPlace } from './redis.js';
import { until } from './until.js';

const SLOTS = 16_384;
const PASSWORD = 'cluster-secret';

/** Three primaries on loopback that share the slots. */
export interface ClusterRedis extends RedisPlace {
  readonly nodes: readonly RedisServer[];
}

/** Starts the three and resolves once each says that the cluster is whole. */
export async function startClusterRedis({ tls = false } = {}): Promise<ClusterRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'stoa-cluster-'));
  const authority = tls ? await makeAuthority(folder, 'DNS:localhost') : null;
  const ports = await Promise.all(Array.from({ length: 6 }, freePort));
  const members = ports.slice(0, 3).map((port, index) => ({ port, bus: ports[3 + index]! }));
  const nodes = await Promise.all(
    members.map(async ({ port, bus }) => {
      const dir = join(folder, `${port}`);
      await mkdir(dir);
      const words = `--dir ${dir} --cluster-enabled yes --cluster-port ${bus} --cluster-node-timeout 2000 --requirepass ${PASSWORD}`;
      // The name is told where certificates are checked, for it is what they hold.
      const named = tls ? '--cluster-announce-hostname localhost --cluster-preferred-endpoint-type hostname' : '';
      return redisServer([...listenWords(port, authority), ...`${words} ${named}`.trim().split(' ')], {
        port,
        password: PASSWORD,
        ...(tls ? { tls: { rejectUnauthorized: false } } : {}),
      });
    }),
  );
  const close = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()));
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await Promise.all(nodes.map((node) => node.start()));
    await Promise.all(
      nodes.map(async (node, index) => {
        const [from, to] = [index, index + 1].map((part) => Math.floor((part * SLOTS) / nodes.length)) as [
          number,
          number,
        ];
        await node.command('cluster', 'addslotsrange', `${from}`, `${to - 1}`);
      }),
    );
    const [first, ...others] = members;
    for (const { port, bus } of others)
      await nodes[members.indexOf(first!)]!.command('cluster', 'meet', '127.0.0.1', `${port}`, `${bus}`);
    await Promise.all(nodes.map((node) => until(() => isWhole(node))));
  } catch (error) {
    await close();
    throw error;
  }
  const host = tls ? 'rediss://localhost' : '127.0.0.1';
  return {
    nodes,
    env: {
      STOA_REDIS_CLUSTER: members.map(({ port }) => `${host}:${port}`).join(','),
      STOA_REDIS_PASSWORD: PASSWORD,
      ...(authority ? { NODE_EXTRA_CA_CERTS: authority.ca } : {}),
    },
    close,
  };
}

async function isWhole(node: RedisServer): Promise<boolean> {
  const info = String(await node.command('cluster', 'info'));
  return /cluster_state:ok/.test(info) && /cluster_known_nodes:3/.test(info);
}
