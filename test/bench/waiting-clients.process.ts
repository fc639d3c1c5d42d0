import { connect } from 'node:net';

/** What the process is told: so many clients of these servers in turn, who ask for one path. */
export interface Order {
  readonly servers: readonly string[];
  readonly path: string;
  readonly clients: number;
}

/** The first bytes of an answer, and when they came, in milliseconds since the epoch. */
export interface FirstBytes {
  readonly start: string;
  readonly at: number;
}

/** What it tells: that all have asked, then what each got. */
export type Told = 'asked' | readonly FirstBytes[];

process.on('message', async ({ servers, path, clients }: Order) => {
  const asking = Array.from({ length: clients }, (_, at) => ask(servers[at % servers.length]!, path));
  await Promise.all(asking.map(({ asked }) => asked));
  tell('asked');
  tell(await Promise.all(asking.map(({ answer }) => answer)));
});

/** Asks over a bare connection and looks at nothing but the first bytes: a client of a library would cost more than an answer. */
function ask(server: string, path: string): { asked: Promise<void>; answer: Promise<FirstBytes> } {
  const { hostname, port, host } = new URL(server);
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<FirstBytes>();
  const socket = connect(Number(port), hostname, () => asked.resolve());
  socket.once('error', answer.reject);
  socket.once('data', (bytes: Buffer) => {
    answer.resolve({
      start: bytes.toString('latin1', 0, 'HTTP/1.1 200'.length),
      at: performance.timeOrigin + performance.now(),
    });
    socket.resume();
  });
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  return { asked: asked.promise, answer: answer.promise };
}

function tell(told: Told): void {
  process.send?.(told);
}
