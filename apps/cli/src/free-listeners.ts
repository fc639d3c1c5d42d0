import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import type { ListenAddress } from '#libs/config';
import { errorCode } from '#libs/protocol';
import { ExpectedFailure } from './expected-failure.js';

/** A listener that one of the apps is going to open. */
export interface Listener {
  /** `the gateway`. */
  readonly of: string;
  /** The setting that moves it. */
  readonly setting: string;
  readonly address: ListenAddress;
}

/**
 * Checks that all listeners can be opened, by opening them together for a moment: two that are the same show too.
 * Unix sockets are left to the app, which knows a dead one from a living one. Throws ExpectedFailure for the first
 * that is taken.
 */
export async function checkFree(listeners: readonly Listener[]): Promise<void> {
  const opened: Server[] = [];
  try {
    for (const listener of listeners) {
      if ('socket' in listener.address) continue;
      const server = createServer();
      server.listen({ ...listener.address, exclusive: true });
      await once(server, 'listening').catch((error: unknown) => {
        throw new ExpectedFailure(reason(listener, error));
      });
      opened.push(server);
    }
  } finally {
    await Promise.all(opened.map((server) => once(server.close(), 'close')));
  }
}

function reason({ of, setting, address }: Listener, error: unknown): string {
  const code = errorCode(error);
  const where =
    'socket' in address
      ? address.socket
      : `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
  const why = code === 'EADDRINUSE' ? 'is taken by another listener' : `can't be listened on (${String(code)})`;
  return `${where}, the address of ${of}, ${why}: free it, or set ${setting} to another (${setting}=127.0.0.1:4000)`;
}
