import { targetPath } from '../../apps/api/src/target.js';
import { parseModuleRequest, parseSumdbRequest, type ModuleRequest, type SumdbRequest } from '#libs/protocol';

/** The checksum databases that the judge knows too. */
const DATABASES = ['sum.test', 'sum.test/v2', 'localhost.localdev/sumdb'];

export type Request = ModuleRequest | SumdbRequest;

/** Reads a request target as the gateway does. Throws what that throws. */
export function parseTarget(target: string): Request {
  const path = targetPath(target, '') ?? '';
  return path.startsWith('/sumdb/') ? parseSumdbRequest(path, DATABASES) : parseModuleRequest(path);
}

/** The answer of the judge's `request`: kind, module and version or query, kind, database and path. */
export function requestAnswer(request: Request): string[] {
  const { kind } = request;
  if ('path' in request) return [kind, request.name, request.path];
  if ('version' in request) return [kind, request.module, request.version];
  return 'query' in request ? [kind, request.module, request.query] : [kind, request.module];
}
