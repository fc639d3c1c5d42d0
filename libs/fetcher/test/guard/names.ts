import { isIP } from 'node:net';
import type { Resolve } from '../../src/guard/egress-guard.js';

/** A machine without names. */
export const noSuchHost: Resolve = (host) =>
  Promise.reject(Object.assign(new Error(`no such host ${host}`), { code: 'ENOTFOUND' }));

/** Names of the outside world, and every question for them. Each question takes the next answer; the last one stays. */
export function names(answers: Readonly<Record<string, readonly (readonly string[])[]>>) {
  const asked: string[] = [];
  const resolve: Resolve = async (host) => {
    const before = asked.filter((name) => name === host).length;
    asked.push(host);
    const addresses = answers[host]?.[before] ?? answers[host]?.at(-1);
    if (addresses === undefined) return noSuchHost(host);
    return addresses.map((address) => ({ address, family: isIP(address) }));
  };
  return { asked, resolve };
}
