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

/**
 * The target by which the router finds the handler. It answers by itself, in JSON, what can't be percent-decoded;
 * such a target goes to the handler of all the rest, which refuses it as it refuses any other malformed path.
 */
export function routedTarget(target: string): string {
  const path = withoutQuery(target);
  if (!path.includes('%')) return target;
  try {
    decodeURIComponent(path);
    return target;
  } catch {
    return '/-/undecodable';
  }
}
