import type { FastifyInstance } from 'fastify';
import { createAdapter } from '../src/server.js';

/** A gateway's HTTP server alone, on a port of its own, whose `/slow` answers when `answer` is resolved. */
export interface SlowServer {
  readonly server: FastifyInstance;
  readonly port: number;
  /** Resolves when `/slow` was asked. */
  readonly asked: Promise<void>;
  readonly answer: PromiseWithResolvers<void>;
}

/** Starts one with the options of createAdapter and, beside `/slow`, what each path of `pages` gives. */
export async function startSlowServer(
  options: Parameters<typeof createAdapter>[0],
  pages: Readonly<Record<string, string | Buffer>> = {},
): Promise<SlowServer> {
  const server: FastifyInstance = createAdapter(options).getInstance();
  const [asked, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  for (const [path, page] of Object.entries(pages)) server.get(path, async () => page);
  server.get('/slow', async () => {
    asked.resolve();
    await answer.promise;
    return 'slow';
  });
  await server.listen({ host: '127.0.0.1', port: 0 });
  return { server, port: (server.server.address() as { port: number }).port, asked: asked.promise, answer };
}
