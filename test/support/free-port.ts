import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below what systems give to connections that go out (on Linux from 32768): those take none of them meanwhile. */
const [LOWEST, COUNT] = [16_384, 16_384];

const given = new Set<number>();

/** A TCP port of loopback that nobody listens on just now, for a server that can not be told to take any. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * COUNT);
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
