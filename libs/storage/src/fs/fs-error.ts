import { errorCode, RefusalError } from '#libs/protocol';
import { KeyError } from '../key.js';

/** What a client may know of a failing file system. */
const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the storage is full',
  EDQUOT: 'the storage is full',
  EEXIST: 'the storage has something else in the place of a file',
  EROFS: 'the storage is read-only',
  EACCES: 'the storage denies access',
  EPERM: 'the storage denies access',
  EIO: 'the storage fails',
  ESTALE: 'the storage fails',
  ETIMEDOUT: 'the storage does not answer',
  EMFILE: 'the storage has too many files open',
  ENFILE: 'the storage has too many files open',
};

/** Tells whether a look-up failed because there is nothing of that name. */
export function isAbsent(error: unknown): boolean {
  const code = errorCode(error);
  // A name that is too long for the file system can't have been stored.
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG';
}

/** Turns a system error whose cause is known into a refusal or a KeyError that names no path; any other error stays. */
export function translateFsError(error: unknown): unknown {
  const code = errorCode(error) ?? '';
  if (code === 'ENOTDIR' || code === 'EISDIR')
    return new KeyError('one key is the folder of another', { cause: error });
  const reason = REASONS[code];
  return reason === undefined ? error : new RefusalError('busy', reason, { cause: error });
}
