import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A SOCKS5 proxy on loopback. */
export interface SocksProxy {
  /** `socks5://127.0.0.1:port`. */
  readonly url: string;
  /** The hosts and ports that it was asked for. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

/** Starts a proxy that sends every host to one port of this machine; with a user, it wants that name and any password. */
export async function startSocksProxy(target: string, user = ''): Promise<SocksProxy> {
  const asked: string[] = [];
  const expected = Buffer.from(user);
  const sockets = new Set<Socket>();
  const server = createServer((client: Socket) => {
    client.on('error', () => client.destroy());
    sockets.add(client);
    let step = user === '' ? 'hello' : 'hello with password';
    client.on('data', (bytes: Buffer) => {
      if (step === 'hello with password') {
        client.write(Buffer.of(5, 2));
        step = 'password';
      } else if (step === 'hello') {
        client.write(Buffer.of(5, 0));
        step = 'connect';
      } else if (step === 'password') {
        client.write(Buffer.of(1, bytes.subarray(2, 2 + expected.length).equals(expected) ? 0 : 1));
        step = 'connect';
      } else if (step === 'connect') {
        const length = bytes[4] ?? 0;
        asked.push(`${bytes.subarray(5, 5 + length).toString()}:${bytes.readUInt16BE(5 + length)}`);
        step = 'open';
        client.pause();
        const { port } = new URL(target);
        const tunnel = connect(Number(port), '127.0.0.1', () => {
          client.removeAllListeners('data');
          client.write(Buffer.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0));
          client.pipe(tunnel).pipe(client);
        });
        tunnel.on('error', () => client.destroy());
        sockets.add(tunnel);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `socks5://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
