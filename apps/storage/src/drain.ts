import type { FastifyInstance } from 'fastify';
import { Connections, type Health, type Logger } from '#libs/observability';

/** How often idle connections are closed, in milliseconds. */
const SWEEP = 100;
/** Milliseconds in which a request that is on its way may still come on a connection that had none. */
const QUIET = 1_000;

interface Parts {
  readonly health: Health;
  readonly log: Logger;
}

/** The end of a storage server's listener, at which transfers finish. */
export class Drain {
  private readonly connections: Connections;

  /** Watches a server that does not listen yet. */
  constructor(
    private readonly server: FastifyInstance,
    private readonly parts: Parts,
  ) {
    this.connections = new Connections(server.server);
  }

  /**
   * Ends the listener within `grace` milliseconds: `/readyz` is 503, no new connection is taken, and each that is open
   * ends with its answer. One whose transfer began before was not told to close: it is closed once it is idle. What is
   * still under way at the end of the grace is cut.
   */
  async end(grace: number): Promise<void> {
    const { health, log } = this.parts;
    health.drain();
    const timers = [
      setInterval(() => this.server.server.closeIdleConnections(), SWEEP),
      setTimeout(() => this.connections.closeSilent(), QUIET),
      setTimeout(() => this.connections.cut(log), grace),
    ];
    await this.server.close();
    timers.forEach(clearTimeout);
  }
}
