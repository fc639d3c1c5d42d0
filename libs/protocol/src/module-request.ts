import { unbang, unescapeVersion } from './escape.js';
import { pathFits, queryFits, versionFits } from './length-limit.js';
import { modulePathFault } from './module-path.js';
import type { ModuleRequest } from './request.js';
import { decodeUrlPath, notFound } from './url-path.js';
import { canonicalFault, impossibleFault } from './version.js';

const LATEST = '/@latest';
const VERSIONS = '/@v/';
/** Words that the go command resolves by itself: a branch of such a name can't be asked for. */
const QUERY_WORDS = new Set(['latest', 'upgrade', 'patch']);

function parseModulePath(escaped: string): string {
  const module = unbang(escaped);
  if (module === null) throw notFound(escaped, 'invalid escaped module path');
  const fault = modulePathFault(module);
  if (fault !== null) throw notFound(module, `malformed module path: ${fault}`);
  if (!pathFits(escaped)) throw notFound(module, 'module path too long');
  return module;
}

function parseVersionFile(escapedModule: string, file: string): ModuleRequest {
  const module = parseModulePath(escapedModule);
  const dot = file.lastIndexOf('.');
  const kind = file.slice(dot + 1);
  if (dot < 0 || (kind !== 'info' && kind !== 'mod' && kind !== 'zip')) {
    throw notFound(`${module}/@v/${file}`, 'no such file in the module proxy protocol');
  }

  const escaped = file.slice(0, dot);
  const version = unescapeVersion(escaped);
  if (version === null) throw notFound(`${module}@${escaped}`, 'disallowed version string');
  const asked = `${module}@${version}`;
  // Refused by go itself since 1.26; such a name must not come near a command line.
  if (version.startsWith('-')) throw notFound(asked, 'invalid version: leading dash');

  const fault = canonicalFault(module, version);
  if (fault === null) {
    const impossible = impossibleFault(module, version);
    if (impossible !== null) throw notFound(asked, `invalid version: ${impossible}`);
    if (!versionFits(escapedModule, escaped)) throw notFound(asked, 'version too long');
    return { kind, module, version };
  }
  if (kind !== 'info') throw notFound(asked, `invalid version: ${fault}`);
  if (QUERY_WORDS.has(version)) throw notFound(asked, 'invalid version: the go command resolves this word by itself');
  if (!queryFits(escapedModule, escaped)) throw notFound(asked, 'version too long');
  return { kind: 'query', module, query: version };
}

/**
 * Reads what a client asks of a module from a raw URL path, without base path and query: percent-decoded once, split
 * at the last `/@v/` or at `/@latest`, unescaped, checked. Throws a not-found refusal on everything else.
 */
export function parseModuleRequest(path: string): ModuleRequest {
  const decoded = decodeUrlPath(path);
  if (!path.startsWith('/')) throw notFound(decoded, 'no module request');
  if (decoded.endsWith(LATEST)) return { kind: 'latest', module: parseModulePath(decoded.slice(1, -LATEST.length)) };

  const split = decoded.lastIndexOf(VERSIONS);
  if (split < 0) throw notFound(decoded, 'no module request');
  const escapedModule = decoded.slice(1, split);
  const file = decoded.slice(split + VERSIONS.length);
  return file === 'list'
    ? { kind: 'list', module: parseModulePath(escapedModule) }
    : parseVersionFile(escapedModule, file);
}
