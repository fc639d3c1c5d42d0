import { RefusalError } from '#libs/protocol';

/** The parameters of a request target's query. */
export function queryParameters(target: string): URLSearchParams {
  const at = target.indexOf('?');
  return new URLSearchParams(at < 0 ? '' : target.slice(at + 1));
}

/**
 * A parameter that says how many: `most` when it is absent, empty or larger. Throws RefusalError `bad-request` on what
 * is no positive whole number.
 */
export function countParameter(parameters: URLSearchParams, name: string, most: number): number {
  const text = parameters.get(name) || String(most);
  if (!/^\+?\d+$/.test(text) || Number(text) === 0) {
    throw new RefusalError('bad-request', `${name}: not a positive whole number`);
  }
  return Math.min(Number(text), most);
}
