import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Ports below those that systems give to connections that go out (on Linux from 32768), so that none of these takes one
 * meanwhile; and of them a lane for each process that vitest runs at the same time, so that no other test does.
 */
const [LOWEST, LANES, LANE] = [16_384, 16, 1_024];
const first = LOWEST + (Number(process.env['VITEST_POOL_ID'] ?? 0) % LANES) * LANE;

const given = new Set<number>();

/** A TCP port of loopback that nobody listens on just now, for a server that can not be told to take any. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = first + Math.floor(Math.random() * LANE);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  const listens = await once(server, 'listening').then(
    () => true,
    () => false,
  );
  if (!listens) return false;
  server.close();
  await once(server, 'close');
  return true;
}
