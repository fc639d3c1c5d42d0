import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listenWords, makeAuthority } from './authority.js';
import { freePort } from './free-port.js';
import { redisServer, type RedisServer } from './redis-server.js';
import type { FailoverRedis } from './redis.js';
import { until } from './until.js';

const MASTER = 'stoa';
const USER = 'proxy';
/** What an installation may come up with: each character means something in a URL, a list or a shell. */
const PASSWORD = 'p@ss:w/o#r?d%20&"\'$,; é';
const SENTINEL_PASSWORD = 'watch:men@/%';

/**
 * Starts a primary, two replicas and three Sentinels on loopback, with users, passwords and a database of their own.
 * The Sentinels are quick to judge: half a second of silence is a death.
 */
export async function startSentinelRedis({ tls = false } = {}): Promise<FailoverRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'stoa-sentinel-'));
  const authority = tls ? await makeAuthority(folder) : null;
  const client = { host: '127.0.0.1', ...(tls ? { tls: { rejectUnauthorized: false } } : {}) };
  const ports = await Promise.all(Array.from({ length: 6 }, freePort));
  const [first] = ports;

  const servers = new Map<number, RedisServer>();
  for (const port of ports.slice(0, 3)) {
    const words = [
      ...listenWords(port, authority),
      ...`--dir ${folder} --dbfilename ${port}.rdb --repl-diskless-sync-delay 0 --masterauth`.split(' '),
      PASSWORD,
      ...acl('default', '~* &* +@all'),
      ...acl(USER, '~{stoa}* ~stoa* &stoa:* +@all -@dangerous +info'),
      ...(port === first ? [] : ['--replicaof', '127.0.0.1', `${first}`]),
    ];
    servers.set(port, redisServer(words, { ...client, port, password: PASSWORD }));
  }
  const sentinels = await Promise.all(
    ports.slice(3).map(async (port) => {
      const file = join(folder, `sentinel-${port}.conf`);
      await writeFile(file, sentinelFile(first!, authority !== null));
      const words = [file, '--sentinel', ...listenWords(port, authority), '--dir', folder];
      return redisServer(words, { ...client, port, password: SENTINEL_PASSWORD });
    }),
  );
  const all = [...servers.values(), ...sentinels];
  const close = async (): Promise<void> => {
    await Promise.all(all.map((one) => one.stop()));
    await rm(folder, { recursive: true, force: true });
  };

  const named = async (): Promise<[host: string, port: string]> =>
    (await sentinels[0]!.command('sentinel', 'get-master-addr-by-name', MASTER)) as [string, string];
  const primary = async (): Promise<RedisServer> => servers.get(Number((await named())[1]))!;
  try {
    await Promise.all([...servers.values()].map((server) => server.start()));
    // A Sentinel learns of replicas when it comes, and then every ten seconds.
    await until(async () =>
      /connected_slaves:2/.test(String(await servers.get(first!)!.command('info', 'replication'))),
    );
    await Promise.all(sentinels.map((sentinel) => sentinel.start()));
    await Promise.all(sentinels.map((sentinel) => until(() => agrees(sentinel))));
  } catch (error) {
    await close();
    throw error;
  }
  const scheme = tls ? 'rediss://' : '';
  return {
    env: {
      STOA_REDIS_SENTINELS: ports
        .slice(3)
        .map((port) => `${scheme}127.0.0.1:${port}`)
        .join(','),
      STOA_REDIS_SENTINEL_MASTER: MASTER,
      STOA_REDIS_SENTINEL_PASSWORD: SENTINEL_PASSWORD,
      STOA_REDIS_USERNAME: USER,
      STOA_REDIS_PASSWORD: PASSWORD,
      STOA_REDIS_DB: '3',
      ...(authority ? { NODE_EXTRA_CA_CERTS: authority.ca } : {}),
    },
    primary,
    async failover(old) {
      await until(async () => (await primary()) !== old);
      return primary();
    },
    async revive(server) {
      server.thaw();
      if (!(await server.command('ping').catch(() => null))) await server.start();
      // The Sentinels would leave it a primary for eight seconds before they say the same.
      await server.command('replicaof', ...(await named()));
      await until(async () =>
        /role:slave[^]*master_link_status:up/.test(String(await server.command('info', 'replication'))),
      );
      await Promise.all(sentinels.map((sentinel) => until(() => agrees(sentinel))));
    },
    close,
  };
}

function acl(user: string, rules: string): string[] {
  return ['--user', user, 'on', `>${PASSWORD}`, ...rules.split(' ')];
}

function sentinelFile(primary: number, tls: boolean): string {
  return [
    `sentinel monitor ${MASTER} 127.0.0.1 ${primary} 2`,
    `sentinel auth-pass ${MASTER} ${quoted(PASSWORD)}`,
    `sentinel down-after-milliseconds ${MASTER} 500`,
    `sentinel failover-timeout ${MASTER} 3000`,
    `requirepass ${quoted(SENTINEL_PASSWORD)}`,
    `sentinel sentinel-pass ${quoted(SENTINEL_PASSWORD)}`,
    ...(tls ? ['tls-replication yes'] : []),
    '',
  ].join('\n');
}

/** A word of a Redis configuration file. */
function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** Whether a Sentinel sees both others and both replicas: only then would it carry out a failover. */
async function agrees(sentinel: RedisServer): Promise<boolean> {
  const [words] = (await sentinel.command('sentinel', 'masters')) as string[][];
  const field = (name: string): string | undefined => words?.[words.indexOf(name) + 1];
  return field('num-slaves') === '2' && field('num-other-sentinels') === '2' && field('flags') === 'master';
}
