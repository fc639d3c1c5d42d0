import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Duplex } from 'node:stream';

/** A request as a proxy sees it: who was asked, whatever host that is. */
export interface ForwardedRequest {
  readonly target: URL;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** A forward proxy on loopback that plays every host of the outside world itself. */
export interface ForwardProxy {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  /**
   * Proxy variables in both spellings: the go command reads the upper-case ones, git (libcurl) ignores
   * an upper-case HTTP_PROXY. Loopback is exempt, as it is for the go command.
   */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/**
 * Starts a proxy whose `answer` gets each plain HTTP request, for any host. CONNECT is refused with 405, so that
 * nothing reaches the network and a client that may fall back to http (GOINSECURE) does; given a certificate, the proxy
 * is the TLS server of every host itself.
 */
export async function startForwardProxy(
  answer: (forwarded: ForwardedRequest) => Promise<void>,
  tls?: { readonly key: string; readonly cert: string },
): Promise<ForwardProxy> {
  const server = createServer((request, response) => {
    // Absolute form when used as a proxy, origin form when asked directly.
    const target = new URL(request.url ?? '/', `http://${request.headers.host ?? '127.0.0.1'}`);
    answer({ target, request, response }).catch(() => response.destroy());
  });
  const secure = createTlsServer({ ...tls }, (request, response) => {
    const target = new URL(request.url ?? '/', `https://${request.headers.host ?? 'unknown'}`);
    answer({ target, request, response }).catch(() => response.destroy());
  });
  const tunnels = new Set<Duplex>();
  server.on('connect', (_request, socket) => {
    socket.on('error', () => socket.destroy());
    if (tls) {
      tunnels.add(socket);
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      return void secure.emit('connection', socket);
    }
    socket.end('HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  const exempt = '127.0.0.1,localhost';
  return {
    url,
    env: { HTTP_PROXY: url, http_proxy: url, HTTPS_PROXY: url, https_proxy: url, NO_PROXY: exempt, no_proxy: exempt },
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      for (const tunnel of tunnels) tunnel.destroy();
      await closed;
    },
  };
}
