import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A plain TCP balancer on loopback: it knows connections, not requests. */
export interface Balancer {
  readonly url: string;
  /** Takes a server in: `http://127.0.0.1:<port>`. */
  add(url: string): void;
  remove(url: string): void;
  close(): Promise<void>;
}

interface Backend {
  readonly url: string;
  ready: boolean;
  readonly polls: NodeJS.Timeout;
}

/**
 * Starts a balancer that gives new connections to its servers in turn. Like many, it knows which of them are ready by
 * asking each for `/readyz` every `interval` milliseconds, and by nothing else: one that refuses a connection, or resets
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

  const poll = async (backend: Backend): Promise<void> => {
    backend.ready = await fetch(`${backend.url}/readyz`, { signal: AbortSignal.timeout(interval * 5) }).then(
      async (answer) => {
        await answer.arrayBuffer();
        return answer.ok;
      },
      () => false,
    );
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    add(url) {
      const polls = setInterval(() => void poll(backend), interval);
      const backend: Backend = { url, ready: true, polls };
      backends.push(backend);
    },
    remove(url) {
      const index = backends.findIndex((backend) => backend.url === url);
      for (const { polls } of backends.splice(index, 1)) clearInterval(polls);
    },
    async close() {
      for (const { polls } of backends.splice(0)) clearInterval(polls);
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function join(from: Socket, to: Socket): void {
  from.setNoDelay(true);
  from.pipe(to); // an end passes like bytes do
  from.on('error', () => to.resetAndDestroy());
}
