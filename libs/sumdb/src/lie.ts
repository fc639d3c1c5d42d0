import { RefusalError } from '#libs/protocol';

/** What to throw when a checksum database, or who stands before it, is caught lying: the client must stop. */
export function lie(how: string): RefusalError {
  return new RefusalError('forbidden', `SECURITY ERROR: ${how}`);
}

/** What to throw when an answer makes no sense, and proves nothing. */
export function nonsense(what: string): RefusalError {
  return new RefusalError('upstream', `the checksum database answered nonsense: ${what}`);
}
