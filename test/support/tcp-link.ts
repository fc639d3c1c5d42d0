import { once } from 'node:events';
import { createServer, Socket, type AddressInfo } from 'node:net';

/** A way of TCP to a server, that a test can harm. */
export interface TcpLink {
  /** `http://127.0.0.1:port`. */
  readonly endpoint: string;
  /** From now on each connection is reset once so many more bytes came over it from the server; 0: those that stand, at once. */
  cutAfter(bytes: number): void;
  /** From now on nothing passes, neither bytes nor an end: connections stand, and are silent. */
  silence(): void;
  /** Lets connections pass again, those that are made from now on. */
  mend(): void;
  close(): Promise<void>;
}

/** Opens a link to the server at `endpoint`. */
export async function openTcpLink(endpoint: string): Promise<TcpLink> {
  const { hostname, port } = new URL(endpoint);
  const sockets = new Set<Socket>();
  /** Bytes that a connection may still carry. */
  const left = new Map<Socket, number>();
  let limit = Infinity;
  let silent = false;

  const server = createServer((near) => {
    const far = new Socket();
    const cut = (): void => {
      near.resetAndDestroy();
      far.destroy();
    };
    left.set(near, limit);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', cut).on('close', () => {
        sockets.delete(socket);
        left.delete(socket);
        far.destroy();
      });
    }
    if (silent) return;
    far.connect(Number(port), hostname);
    near.pipe(far);
    far.on('end', () => near.end());
    far.on('data', (chunk: Buffer) => {
      const room = left.get(near) ?? 0;
      left.set(near, room - chunk.length);
      // Waits for the reader, so that no more than was counted is on its way.
      if (chunk.length >= room) near.write(chunk.subarray(0, room), cut);
      else if (!near.write(chunk)) {
        far.pause();
        near.once('drain', () => !silent && far.resume());
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cutAfter(bytes) {
      limit = bytes;
      for (const socket of left.keys()) {
        left.set(socket, bytes);
        if (bytes === 0) socket.resetAndDestroy();
      }
    },
    silence() {
      silent = true;
      for (const socket of sockets) socket.unpipe().pause();
    },
    mend() {
      limit = Infinity;
      silent = false;
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
