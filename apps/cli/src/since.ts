import { InvalidArgumentError } from 'commander';
import { InvalidValue, parseDuration } from '#libs/config';
import { parseRfc3339 } from '#libs/protocol';

/** From when on something counts. */
export interface Since {
  /** As it was typed. */
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

/**
 * Reads the time of a `--since`: in RFC 3339, a day (`2006-01-02`, in UTC) or a duration before now. Throws
 * InvalidArgumentError, which is told as bad usage.
 */
export function parseSince(text: string): Since {
  const time = parseRfc3339(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text);
  if (time !== null) return { text, time: Number(time / 1_000_000n) };
  try {
    return { text, time: Date.now() - parseDuration(text) };
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error;
    throw new InvalidArgumentError('It is no time such as 2006-01-02T15:04:05Z, 2006-01-02 or 36h.');
  }
}
