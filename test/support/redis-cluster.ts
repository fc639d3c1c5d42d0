import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listenWords, makeAuthority } from './authority.js';
import { freePort } from './free-port.js';
import { redisServer, type RedisServer } from './redis-server.js';
import type { FailoverRedis } from './redis.js';
import { until } from './until.js';

const SLOTS = 16_384;
const PRIMARIES = 3;
const PASSWORD = 'cluster-secret';
/** What decides the slot of the queues. */
const PREFIX = '{stoa}';

interface Member {
  readonly port: number;
  readonly bus: number;
  readonly server: RedisServer;
}

/**
 * Starts three primaries on loopback that share the slots, and if it is said a replica of the one that has the queues,
 * and resolves once each says that the cluster is whole. A second of silence is a death, where there is a replica.
 */
export async function startClusterRedis({ tls = false, replica = false } = {}): Promise<FailoverRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'stoa-cluster-'));
  const authority = tls ? await makeAuthority(folder, 'DNS:localhost') : null;
  const count = replica ? PRIMARIES + 1 : PRIMARIES;
  const ports = await Promise.all(Array.from({ length: 2 * count }, freePort));
  const members = await Promise.all(
    ports.slice(0, count).map(async (port, index): Promise<Member> => {
      const [dir, bus] = [join(folder, `${port}`), ports[count + index]!];
      await mkdir(dir);
      const words = `--dir ${dir} --cluster-enabled yes --cluster-port ${bus} --cluster-node-timeout ${replica ? 1000 : 2000} --repl-diskless-sync-delay 0 --requirepass ${PASSWORD} --masterauth ${PASSWORD}`;
      // The name is told where certificates are checked, for it is what they hold.
      const named = tls ? '--cluster-announce-hostname localhost --cluster-preferred-endpoint-type hostname' : '';
      const server = redisServer([...listenWords(port, authority), ...`${words} ${named}`.trim().split(' ')], {
        port,
        password: PASSWORD,
        ...(tls ? { tls: { rejectUnauthorized: false } } : {}),
      });
      return { port, bus, server };
    }),
  );
  const servers = members.map(({ server }) => server);
  const close = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.stop()));
    await rm(folder, { recursive: true, force: true });
  };
  /** The primary of the queues, as one that is not `lost` knows it. */
  const primaryWithout = async (lost?: RedisServer): Promise<RedisServer> => {
    const port = await primaryPort(servers.find((server) => server !== lost)!);
    return members.find((member) => member.port === port)!.server;
  };
  try {
    await Promise.all(servers.map((server) => server.start()));
    await makeWhole(members);
  } catch (error) {
    await close();
    throw error;
  }
  const host = tls ? 'rediss://localhost' : '127.0.0.1';
  return {
    env: {
      STOA_REDIS_CLUSTER: members.map(({ port }) => `${host}:${port}`).join(','),
      STOA_REDIS_PASSWORD: PASSWORD,
      ...(authority ? { NODE_EXTRA_CA_CERTS: authority.ca } : {}),
    },
    primary: () => primaryWithout(),
    async failover(old) {
      await until(async () => (await primaryWithout(old)) !== old);
      return primaryWithout(old);
    },
    async revive(server) {
      server.thaw();
      if (!(await server.command('ping').catch(() => null))) await server.start();
      await until(() => isReplica(server));
    },
    close,
  };
}

/** Gives each primary its slots, lets all meet, and makes who has no slots a replica of the primary of the queues. */
async function makeWhole(members: readonly Member[]): Promise<void> {
  const primaries = members.slice(0, PRIMARIES);
  const firstSlot = (index: number): number => Math.floor((index * SLOTS) / PRIMARIES);
  for (const [index, { server }] of primaries.entries())
    await server.command('cluster', 'addslotsrange', `${firstSlot(index)}`, `${firstSlot(index + 1) - 1}`);
  const [first, ...others] = members;
  for (const { port, bus } of others) await first!.server.command('cluster', 'meet', '127.0.0.1', `${port}`, `${bus}`);
  await Promise.all(members.map(({ server }) => until(() => isWhole(server, members.length))));
  for (const { server } of members.slice(PRIMARIES)) {
    const port = await primaryPort(server);
    const id = String(await members.find((member) => member.port === port)!.server.command('cluster', 'myid'));
    await until(async () => (await server.command('cluster', 'replicate', id)) === 'OK');
    await until(() => isReplica(server));
  }
}

async function isWhole(server: RedisServer, count: number): Promise<boolean> {
  const info = String(await server.command('cluster', 'info'));
  return /cluster_state:ok/.test(info) && info.includes(`cluster_known_nodes:${count}`);
}

async function isReplica(server: RedisServer): Promise<boolean> {
  return /role:slave[^]*master_link_status:up/.test(String(await server.command('info', 'replication')));
}

/** The port of the primary that serves the slot of the queues, as a server knows it. */
async function primaryPort(server: RedisServer): Promise<number> {
  const slot = Number(await server.command('cluster', 'keyslot', PREFIX));
  const ranges = (await server.command('cluster', 'slots')) as [number, number, [host: string, port: number]][];
  return ranges.find(([from, to]) => from <= slot && slot <= to)![2][1];
}
