/**
 * The path of a request target (RFC 9112, section 3.2), still percent-encoded, without query and base path.
 * Null when it is not below the base path. An absolute-form target loses its scheme and authority.
 */
export function targetPath(target: string, basePath: string): string | null {
  const absolute = /^https?:\/\/[^/?#]*/i.exec(target);
  const origin = absolute ? target.slice(absolute[0].length) || '/' : target;
  const path = origin.split('?', 1)[0] ?? '';
  if (basePath === '') return path;
  return path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : null;
}
