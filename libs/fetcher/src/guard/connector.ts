import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import type { EgressGuard } from './egress-guard.js';

/**
 * Opens connections for undici to checked addresses alone. The check is the connection's own look-up, so that all
 * addresses of a host can still be tried, and none but those.
 */
export function guardedConnector(
  guard: EgressGuard,
  options: buildConnector.BuildOptions,
  build: typeof buildConnector = buildConnector,
): buildConnector.connector {
  const named = build(options);
  const guarded = build({ ...options, lookup: guardedLookup(guard) });
  return (target, done) => {
    const port = Number(target.port) || (target.protocol === 'https:' ? 443 : 80);
    if (guard.permits(target.hostname, port)) return named(target, done);
    try {
      // An address is dialled without a look-up.
      guard.checkLiteral(target.hostname, port);
    } catch (error) {
      return done(error as Error, null);
    }
    return guarded(target, done);
  };
}

/** A look-up for `net.connect` whose answers may all be dialled. No endpoint is allowed by its port here. */
function guardedLookup(guard: EgressGuard): LookupFunction {
  const lookUp = async (...[hostname, options, done]: Parameters<LookupFunction>): Promise<void> => {
    try {
      fixedLookup(await guard.check(hostname, 0))(hostname, options, done);
    } catch (error) {
      done(error as Error, '', 0);
    }
  };
  return (...question) => void lookUp(...question);
}

/** A look-up for `net.connect` that gives addresses which were checked before. */
export function fixedLookup(addresses: readonly LookupAddress[]): LookupFunction {
  return (_hostname, { all }, done) => {
    const [first] = addresses;
    if (first === undefined) done(Object.assign(new Error('no address'), { code: 'ENOTFOUND' }), '', 0);
    else if (all) done(null, [...addresses]);
    else done(null, first.address, first.family);
  };
}
