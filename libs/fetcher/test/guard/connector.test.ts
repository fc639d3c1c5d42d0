import type { LookupFunction } from 'node:net';
import type { buildConnector } from 'undici';
import { describe, expect, it } from 'vitest';
import { Metrics } from '#libs/observability';
import { guardedConnector } from '../../src/guard/connector.js';
import { EgressGuard } from '../../src/guard/egress-guard.js';
import { names } from './names.js';

const WORLD = {
  'public.example': [['93.184.216.34']],
  'inner.example': [['10.1.2.3']],
  'turning.example': [['93.184.216.34'], ['127.0.0.1']],
};

/** Connects to nothing, and notes what would have been dialled. */
function setUp(allow: readonly string[] = []) {
  const dialled: string[] = [];
  const { asked, resolve } = names(WORLD);
  const guard = new EgressGuard({ allow, metrics: new Metrics(), resolve });
  const build = ((options: { lookup?: LookupFunction }) =>
    (({ hostname, port }, done) => {
      const note = (address: string): void => {
        dialled.push(`${address}:${port}`);
        done(new Error('nothing is dialled here'), null);
      };
      if (options.lookup === undefined || /^[\d.:]+$/.test(hostname)) return note(hostname);
      options.lookup(hostname, { all: true }, (error, addresses) => {
        if (error) return done(error, null);
        note(Array.isArray(addresses) ? addresses.map(({ address }) => address).join() : addresses);
      });
    }) satisfies buildConnector.connector) as unknown as typeof buildConnector;
  const connect = guardedConnector(guard, {}, build);
  const ask = (protocol: string, hostname: string, port = ''): Promise<string> =>
    new Promise((settle) =>
      connect({ protocol, hostname, port }, (...[error]) => settle(error?.message ?? 'connected')),
    );
  return { guard, asked, dialled, ask };
}

describe('a connection of our own client', () => {
  it('goes to the address that was checked', async () => {
    const { ask, asked, dialled } = setUp();
    await ask('https:', 'turning.example', '443');
    expect(asked).toEqual(['turning.example']);
    expect(dialled).toEqual(['93.184.216.34:443']);
  });

  it('is checked anew each time, so a name that turns inwards is refused', async () => {
    const { ask, dialled } = setUp();
    await ask('https:', 'turning.example', '443');
    expect(await ask('https:', 'turning.example', '443')).toBe('host turning.example: address not allowed');
    expect(dialled).toHaveLength(1);
  });

  it.each(['inner.example', '127.0.0.1', '::1', '::ffff:7f00:1', '169.254.169.254'])(
    'to %s is never dialled',
    async (host) => {
      const { ask, dialled } = setUp();
      expect(await ask('http:', host)).toMatch(/address not allowed$/);
      expect(dialled).toEqual([]);
    },
  );

  it('to a named endpoint is dialled as it is named', async () => {
    const { guard, ask, dialled } = setUp();
    guard.name(new URL('http://inner.example:8081'));
    await ask('http:', 'inner.example', '8081');
    expect(dialled).toEqual(['inner.example:8081']);
    expect(await ask('http:', 'inner.example', '8082')).toMatch(/address not allowed$/);
  });
});
