import { setTimeout as after } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { Connections, type Health, type Logger } from '#libs/observability';

/** Milliseconds without a new request after which balancers send none any more, and a connection has had its chance. */
const QUIET = 1_000;
/** Looks within that time: one that comes late for want of CPU is one look, not a silence. */
const LOOKS = 10;
/** The part of the grace for which new connections are taken at most. */
const OPEN = 1 / 3;
/** Milliseconds past the grace in which those who waited in vain can be told. */
const LAST_WORDS = 1_000;

interface Parts {
  readonly health: Health;
  readonly log: Logger;
  /** Ends all waits for jobs: each gets its answer at once. */
  readonly dismiss: () => void;
}

/**
 * The end of a gateway's listener, at which no request is dropped: a balancer may send for a while after the stop has
 * begun, for it polls `/readyz`, and a client may be sending its next request on a connection that is kept.
 */
export class Drain {
  private readonly connections: Connections;
  /** Whether a request has come since the last look. */
  private asked = false;

  /** Watches a server that does not listen yet; its routes are added after this. */
  constructor(
    private readonly server: FastifyInstance,
    private readonly parts: Parts,
  ) {
    this.connections = new Connections(server.server);
    server.addHook('onRequest', (request, _reply, next) => {
      if (parts.health.isDraining && !isProbe(request.routeOptions.url)) this.asked = true;
      next();
    });
    server.addHook('onSend', (_request, reply, _payload, next) => {
      if (parts.health.isDraining) reply.header('connection', 'close');
      next();
    });
  }

  /**
   * Ends the listener within `grace` milliseconds: 1. `/readyz` is 503, and each answer ends its connection; 2. until no
   * request comes for a second, new ones are served; 3. no more connections are taken, idle ones are closed, others a
   * second after their last answer; 4. at the end of the grace waiting clients are told, and transfers are cut.
   */
  async end(grace: number): Promise<void> {
    const { health, log, dismiss } = this.parts;
    const { server } = this.server;
    const timers = [setTimeout(dismiss, grace), setTimeout(() => this.connections.cut(log), grace + LAST_WORDS)];
    health.drain();
    await this.quiet(grace * OPEN);
    server.keepAliveTimeout = 1; // to which Node adds a second
    timers.push(setTimeout(() => this.connections.closeSilent(), QUIET));
    await this.server.close();
    timers.forEach(clearTimeout);
  }

  /** Resolves when no request has come for a while, after some `limit` milliseconds at the latest. */
  private async quiet(limit: number): Promise<void> {
    const end = performance.now() + limit;
    for (let calm = 0; calm < LOOKS && performance.now() < end; calm = this.asked ? 0 : calm + 1) {
      this.asked = false;
      await after(QUIET / LOOKS);
    }
  }
}

function isProbe(route: string | undefined): boolean {
  return route !== undefined && /\/(?:readyz|healthz)$/.test(route);
}
