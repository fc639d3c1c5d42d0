import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type NetConnectOpts, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { FaultyPipe, type Fault } from './faulty-pipe.js';

/** How often it tries to have its port again, and the pause in between, in milliseconds. */
const LISTEN_TRIES = 100;
const LISTEN_PAUSE = 100;

/** A TCP proxy on loopback between a process under test and a server: what passes through it can be hurt at any time. */
export interface FaultProxy {
  readonly port: number;
  /** `127.0.0.1:<port>`. */
  readonly address: string;
  /** The connections that are open now, in the order of their coming. */
  readonly connections: readonly FaultConnection[];
  /** Hurts all connections, those that come later too; `{}` heals. */
  set(fault: Fault): void;
  /** Resets all connections. */
  cut(): void;
  /** Resets all connections and refuses new ones until `open`. */
  shut(): Promise<void>;
  open(): Promise<void>;
  close(): Promise<void>;
}

/** One connection through the proxy. */
export interface FaultConnection {
  /** What the client sent last, as latin1: tells a Redis connection that blocks in XREAD from one that subscribes. */
  readonly lastSent: string;
  /** Hurts this connection alone, until the proxy's `set`. */
  set(fault: Fault): void;
  /** Resets this connection alone. */
  cut(): void;
}

/** Starts a proxy to a TCP port or a unix socket: `{ port: 6379 }`, `{ path: '/tmp/s' }`. */
export async function startFaultProxy(target: NetConnectOpts): Promise<FaultProxy> {
  const connections = new Set<Connection>();
  let fault: Fault = {};
  // An end passes like bytes do, so neither side may answer one by itself.
  const server: Server = createServer({ allowHalfOpen: true }, (client) => {
    const connection = new Connection(client, connect({ host: '127.0.0.1', ...target, allowHalfOpen: true }), fault);
    connections.add(connection);
    client.once('close', () => connections.delete(connection));
  });
  // While it was shut its port was free for anybody's connection, which has it for a moment.
  const listen = async (port: number): Promise<number> => {
    for (let tries = 1; !server.listening; tries++) {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening').catch(async (error: unknown) => {
        if (tries === LISTEN_TRIES) throw error;
        await delay(LISTEN_PAUSE);
      });
    }
    return (server.address() as AddressInfo).port;
  };
  const cut = (): void => connections.forEach((connection) => connection.cut());
  const shut = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    cut();
    await closed;
  };
  const port = await listen(0);
  return {
    port,
    address: `127.0.0.1:${port}`,
    get connections() {
      return [...connections];
    },
    set(next) {
      fault = next;
      for (const connection of connections) connection.set(next);
    },
    cut,
    shut,
    async open() {
      if (!server.listening) await listen(port);
    },
    close: shut,
  };
}

class Connection implements FaultConnection {
  lastSent = '';
  private readonly pipes: readonly FaultyPipe[];

  constructor(
    private readonly client: Socket,
    private readonly server: Socket,
    fault: Fault,
  ) {
    client.setNoDelay(true);
    server.setNoDelay(true);
    this.pipes = [new FaultyPipe(client, server, fault), new FaultyPipe(server, client, fault)];
    client.on('data', (chunk: Buffer) => (this.lastSent = chunk.toString('latin1')));
    // Whichever end is reset or refused, the other learns it the same way.
    for (const end of [client, server]) end.on('error', () => this.cut());
  }

  set(fault: Fault): void {
    for (const pipe of this.pipes) pipe.set(fault);
  }

  cut(): void {
    for (const pipe of this.pipes) pipe.stop();
    this.client.resetAndDestroy();
    this.server.destroy(); // a unix socket has no reset
  }
}
