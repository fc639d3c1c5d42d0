import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cluster } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { freePort } from '../../../test/support/free-port.js';
import { redisServer } from '../../../test/support/redis-server.js';
import { connectRedis } from '../src/connection.js';

it('a connection to a Cluster that is made in a failover is made: who waits for it does not wait for good', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stoa-cluster-'));
  const [port, bus] = await Promise.all([freePort(), freePort()]);
  const place = { host: '127.0.0.1', port };
  const words = `--bind 127.0.0.1 --port ${port} --cluster-enabled yes --cluster-port ${bus} --cluster-announce-ip 127.0.0.1 --dir ${folder}`;
  const node = redisServer(words.split(' '), place);
  await node.start();
  onTestFinished(async () => {
    await node.stop();
    await rm(folder, { recursive: true, force: true });
  });
  await node.command('cluster', 'addslotsrange', '0', '16382'); // nobody has the last slot
  expect(await node.command('cluster', 'info')).toContain('cluster_state:fail');

  const first = connectRedis({ kind: 'cluster', nodes: [place], tls: false }, 'blocking') as Cluster;
  const connection = first.duplicate([], { lazyConnect: true });
  onTestFinished(() => [first, connection].forEach((one) => one.disconnect()));
  const made = connection.connect(); // as BullMQ's consumers do after a lost one
  await Promise.race([once(connection, 'ready'), once(connection, 'close')]);
  await node.command('cluster', 'addslots', '16383');
  await made;
  expect(connection.status).toBe('ready');
});
