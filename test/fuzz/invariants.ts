import { escapePath, escapeVersion, RefusalError } from '#libs/protocol';
import { moduleKey, queryKey, sumdbKey } from '#libs/storage';
import { checkKey } from '../../libs/storage/src/key.js';
import { parseTarget, requestAnswer, type Request } from './request.js';

const MESSAGE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]+: [\p{L}\p{M}\p{N}\p{P}\p{S} ]+$/u;
const LONGEST_MESSAGE = 600;
const LONGEST_KEY = 900;
const QUERIES = '.meta/queries/';
/** All that a file of a module may be called in the storage: escaped, so no two keys differ in case alone. */
const MODULE_KEY = /^[a-z0-9][^A-Z\\]*\/(?:@latest|@v\/[^/A-Z\\]+)$/;

function storageKey(request: Request): string {
  if ('path' in request) return sumdbKey(request.name, request.path);
  return request.kind === 'query' ? queryKey(request.module, request.query) : moduleKey(request);
}

function isInItsFolder(key: string, request: Request): boolean {
  if ('path' in request) return key.startsWith('.meta/sumdb/');
  if (request.kind !== 'query') return MODULE_KEY.test(key);
  return key.startsWith(QUERIES) && MODULE_KEY.test(key.slice(QUERIES.length));
}

/** Writes the target in which the go command asks; of a module's file it is the storage key, which so can be of one file only. */
function formatTarget(request: Request): string {
  let path: string;
  if ('path' in request) path = `sumdb/${request.name}/${request.path}`;
  else if (request.kind === 'query') path = `${escapePath(request.module)}/@v/${escapeVersion(request.query)}.info`;
  else path = moduleKey(request);
  return `/${path.split('/').map(encodeURIComponent).join('/')}`;
}

function checkRequest(request: Request): void {
  const again = parseTarget(formatTarget(request));
  if (requestAnswer(again).join('\n') !== requestAnswer(request).join('\n'))
    throw new Error(`it is another request when it is formatted: ${formatTarget(request)}`);

  const key = storageKey(request);
  checkKey(key);
  if (key.length > LONGEST_KEY || !isInItsFolder(key, request)) throw new Error(`its storage key is illegal: ${key}`);
}

function checkRefusal({ kind, message }: RefusalError): void {
  if (kind !== 'not-found') throw new Error(`it is refused as ${kind}`);
  if (!MESSAGE.test(message) || Buffer.byteLength(message) > LONGEST_MESSAGE)
    throw new Error(`go would not show its refusal: ${message}`);
}

/**
 * Gives what a request target is taken for, null when it is refused. Throws when it breaks a law, whatever any judge
 * says of it: what is refused is not found, in one short printable line; what is accepted is the same when it is asked
 * in the words of the go command, and its storage key is legal, stays in its folder, and is no other file's.
 */
export function readLawfully(target: string): string[] | null {
  let request: Request;
  try {
    request = parseTarget(target);
  } catch (error) {
    if (!(error instanceof RefusalError)) throw error;
    checkRefusal(error);
    return null;
  }
  checkRequest(request);
  return requestAnswer(request);
}
