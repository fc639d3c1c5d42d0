import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';

/** A plain TCP balancer on loopback: it knows connections, not requests. */
export interface Balancer {
  readonly url: string;
  /** Takes a server in: `http://127.0.0.1:<port>`. */
  add(url: string): void;
  remove(url: string): void;
  close(): Promise<void>;
}

/** Milliseconds without an answer after which a server counts as down: a busy machine is not a dead one. */
const PATIENCE = 10_000;

interface Backend {
  readonly url: string;
  ready: boolean;
  readonly removed: AbortController;
}

/**
 * Starts a balancer that gives new connections to its servers in turn. Like many, it knows which of them are ready by
 * asking each for `/readyz`, `interval` milliseconds after the last answer, and by nothing else: one that refuses a connection, or resets
 * it, costs a client its request.
 */
export async function startBalancer(interval: number): Promise<Balancer> {
  const backends: Backend[] = [];
  const sockets = new Set<Socket>();
  let turn = 0;
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    return socket;
  };
  const server: Server = createServer({ allowHalfOpen: true }, (client) => {
    keep(client);
    const able = backends.filter(({ ready }) => ready);
    const backend = able[turn++ % able.length];
    if (!backend) return void client.resetAndDestroy();
    const { port, hostname } = new URL(backend.url);
    const behind = keep(connect({ port: Number(port), host: hostname, allowHalfOpen: true }));
    join(client, behind);
    join(behind, client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const watch = async (backend: Backend): Promise<void> => {
    const { signal } = backend.removed;
    while (!signal.aborted) {
      backend.ready = await isReady(backend.url);
      await after(interval, undefined, { signal }).catch(() => {});
    }
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    add(url) {
      const backend: Backend = { url, ready: true, removed: new AbortController() };
      backends.push(backend);
      void watch(backend);
    },
    remove(url) {
      const index = backends.findIndex((backend) => backend.url === url);
      for (const { removed } of backends.splice(index, 1)) removed.abort();
    },
    async close() {
      for (const { removed } of backends.splice(0)) removed.abort();
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(PATIENCE) });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
}

function join(from: Socket, to: Socket): void {
  from.setNoDelay(true);
  from.pipe(to); // an end passes like bytes do
  from.on('error', () => to.resetAndDestroy());
}
