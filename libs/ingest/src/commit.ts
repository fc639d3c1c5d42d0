import { parseInfo } from '#libs/protocol';

/**
 * Reads from an `.info` file which commit its version was made of: the Hash of its Origin, in hex; null when it says
 * nothing of it. Sources need not, and those that are no version control can't.
 */
export function commitOf(info: Buffer): string | null {
  const origin = parseInfo(info)?.Origin;
  if (typeof origin !== 'object' || origin === null || !('Hash' in origin)) return null;
  return typeof origin.Hash === 'string' && origin.Hash !== '' ? origin.Hash : null;
}
