/** The path of a request target below the base path, still percent-encoded. Null when it is not below it. */
export function targetPath(target: string, basePath: string): string | null {
  const path = pathOf(target);
  if (basePath === '') return path;
  return path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : null;
}

/**
 * The path of a request target (RFC 9112, section 3.2), still percent-encoded: without the query and, in absolute form,
 * the scheme and authority. These may hold what a user put into GOPROXY: a token, a password.
 */
export function pathOf(target: string): string {
  const absolute = /^https?:\/\/[^/?#]*/i.exec(target);
  return withoutQuery(absolute ? target.slice(absolute[0].length) || '/' : target) || '/';
}

function withoutQuery(target: string): string {
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
