import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from './logger.js';

/** The connections of an HTTP server, as its end has to tell them apart. */
export class Connections {
  /** No whole request has come on them yet: Node counts them as busy. */
  private readonly silent = new Set<Socket>();

  /** Watches a server that does not listen yet. */
  constructor(private readonly server: Server) {
    server.on('connection', (socket: Socket) => {
      this.silent.add(socket);
      socket.once('close', () => this.silent.delete(socket));
    });
    server.on('request', ({ socket }: { socket: Socket }) => this.silent.delete(socket));
  }

  /** Closes those on which nothing was asked. */
  closeSilent(): void {
    for (const socket of this.silent) socket.destroy();
  }

  /** Closes all, whatever is under way on them: the time that they had is over. */
  cut(log: Logger): void {
    this.server.getConnections((_error, left) =>
      log.warn({ connections: left }, 'the grace is over: cutting transfers'),
    );
    this.server.closeAllConnections();
  }
}
