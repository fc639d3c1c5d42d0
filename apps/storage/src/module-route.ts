import { escapeVersion, parseModuleRequest, RefusalError, type ModuleFile, type ModuleVersion } from '#libs/protocol';

/** What one of the six routes is about. */
export type ModuleRoute =
  | { readonly kind: 'list'; readonly module: string }
  | { readonly kind: 'info' | 'mod' | 'zip'; readonly file: ModuleFile }
  | { readonly kind: 'save' | 'delete'; readonly version: ModuleVersion };

/**
 * Reads the raw path of one of the six routes. The version may come unescaped, as Athens sends it. Throws a not-found
 * refusal on what is no module, no version or no route.
 */
export function parseModuleRoute(path: string): ModuleRoute {
  const [, folder = '', name = '', ending] = /^(.*\/@v\/)([^/]*)\.(info|mod|zip|save|delete)$/.exec(path) ?? [];
  if (ending === undefined) {
    const request = parseModuleRequest(path);
    if (request.kind === 'list') return { kind: 'list', module: request.module };
    throw noRoute(path);
  }
  const asZip = parseModuleRequest(`${folder}${escapedName(name)}.zip`);
  if (asZip.kind !== 'zip') throw noRoute(path);
  const { module, version } = asZip;
  if (ending === 'save' || ending === 'delete') return { kind: ending, version: { module, version } };
  const kind = ending as 'info' | 'mod' | 'zip';
  return { kind, file: { kind, module, version } };
}

/** An escaped version has no upper case, and an unescaped one with upper case no `!`. */
function escapedName(name: string): string {
  if (!/[A-Z]/.test(name.replaceAll(/%[\dA-F]{2}/gi, ''))) return name;
  try {
    return encodeURIComponent(escapeVersion(decodeURIComponent(name)));
  } catch {
    return name;
  }
}

function noRoute(path: string): RefusalError {
  return new RefusalError('not-found', `${path.slice(0, 200)}: no such route`);
}
