import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Connections made at once: more would overrun the listener's backlog. */
const BATCH = 100;

/** Raw TCP clients of one server, who do what no good client does. All of them leave with `leave`. */
export class Crowd {
  private readonly sockets: Socket[] = [];
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly host: string;
  private readonly port: number;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.host = hostname;
    this.port = Number(port);
  }

  /** Clients who connect and say nothing. */
  async halfOpen(count: number): Promise<Socket[]> {
    return this.inBatches(count, async () => undefined);
  }

  /** Clients who begin a request, and go on by a byte of a header a second. */
  async slowHeaders(count: number): Promise<Socket[]> {
    const opened = await this.halfOpen(count);
    for (const socket of opened) socket.write('GET /healthz HTTP/1.1\r\nHost: stoa\r\nX-Slow: ');
    this.eachSecond(() => opened.forEach((socket) => socket.write('x')));
    return opened;
  }

  /** Clients who had an answer and keep their connection. */
  async idle(count: number, path: string): Promise<Socket[]> {
    return this.inBatches(count, (socket) => answered(socket, get(path)));
  }

  /** Clients who read an answer at so many bytes a second; resolves when each has its first bytes. */
  async slowReaders(count: number, path: string, bytesPerSecond: number): Promise<Socket[]> {
    const opened = await this.halfOpen(count);
    await Promise.all(
      opened.map(async (socket) => {
        const first = once(socket, 'readable');
        socket.write(get(path));
        await first;
      }),
    );
    this.eachSecond(() => opened.forEach((socket) => socket.read(bytesPerSecond)));
    return opened;
  }

  /** Clients who ask and are gone after the first `bytes` of the answer; 0: right after they have asked. */
  async aborting(count: number, path: string, bytes: number): Promise<void> {
    const opened = await this.halfOpen(count);
    await Promise.all(
      opened.map(async (socket) => {
        const closed = once(socket, 'close');
        socket.write(get(path));
        let left = bytes;
        if (left === 0) socket.destroySoon();
        else {
          socket.on('data', (chunk: Buffer) => {
            left -= chunk.length;
            if (left <= 0) socket.resetAndDestroy();
          });
          socket.resume();
        }
        await closed;
      }),
    );
  }

  /** All are gone, without a word. */
  async leave(): Promise<void> {
    this.timers.splice(0).forEach(clearInterval);
    const left = this.sockets.splice(0).filter((socket) => !socket.closed);
    const closed = left.map((socket) => once(socket, 'close'));
    for (const socket of left) socket.destroy();
    await Promise.all(closed);
  }

  /** Opens connections some at a time, and does with each what is to be done before the server loses its patience. */
  private async inBatches(count: number, then: (socket: Socket) => Promise<void>): Promise<Socket[]> {
    const opened: Socket[] = [];
    const one = async (): Promise<Socket> => {
      const socket = await this.open();
      await then(socket);
      return socket;
    };
    for (let left = count; left > 0; left -= BATCH) {
      opened.push(...(await Promise.all(Array.from({ length: Math.min(BATCH, left) }, one))));
    }
    return opened;
  }

  private async open(): Promise<Socket> {
    const socket = connect(this.port, this.host);
    socket.pause(); // else what comes is read at once
    this.sockets.push(socket);
    await once(socket, 'connect');
    socket.on('error', () => socket.destroy()); // a reset is an answer too
    return socket;
  }

  private eachSecond(step: () => void): void {
    this.timers.push(setInterval(step, 1_000));
  }
}

function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: stoa\r\n\r\n`;
}

/** Asks for something short and reads the answer. */
async function answered(socket: Socket, request: string): Promise<void> {
  socket.write(request);
  await once(socket.resume(), 'data');
}
