/**
 * The path of a request target (RFC 9112, section 3.2), still percent-encoded, without query and base path.
 * Null when it is not below the base path. An absolute-form target loses its scheme and authority.
 */
export function targetPath(target: string, basePath: string): string | null {
  const absolute = /^https?:\/\/[^/?#]*/i.exec(target);
  const origin = absolute ? target.slice(absolute[0].length) || '/' : target;
  const path = withoutQuery(origin);
  if (basePath === '') return path;
  return path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : null;
}

/** A request target without its query, which may carry a token that a user put into GOPROXY. */
export function withoutQuery(target: string): string {
  const at = target.indexOf('?');
  return at < 0 ? target : target.slice(0, at);
}

/** Where the router sends what it could not take, and would answer in its own way: to the handler of all the rest. */
const REST = '/-/rest';

/** The target by which the router finds the handler. The handler itself reads the one that came. */
export function routedTarget(target: string, basePath: string): string {
  if (target === '*') return REST;
  const path = withoutQuery(target);
  if (path === `${basePath}/`) return basePath || '/';
  if (!path.includes('%')) return target;
  try {
    decodeURIComponent(path);
    return target;
  } catch {
    return REST;
  }
}
