import { INSERTS, STRANGE } from './pieces.js';
import type { Random } from './random.js';

/** Changes a text at one place. */
type Mutation = (text: string, at: number, random: Random) => string;

const put = (text: string, at: number, piece: string, gone = 0) => text.slice(0, at) + piece + text.slice(at + gone);

const anyChar = (random: Random) => String.fromCharCode(random.below(0x80));

const percentEncode = (char: string) =>
  Array.from(Buffer.from(char), (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');

const switchCase = (char: string) => (char === char.toLowerCase() ? char.toUpperCase() : char.toLowerCase());

// In ASCII only: else it makes characters of which one version of Unicode knows and another does not.
const flipBit = (char: string, random: Random) =>
  char < '\x80' ? String.fromCharCode(char.charCodeAt(0) ^ (1 << random.below(7))) : char;

/** Lengths of insertions about the limits of elements (200), of joined elements (240) and of keys (900). */
function long(random: Random): string {
  switch (random.below(3)) {
    case 0:
      return random.pick(['a', 'A', '!a']).repeat(186 + random.below(18));
    case 1:
      return 'b'.repeat(90 + random.below(40));
    default:
      return `${'c'.repeat(random.pick([7, 30, 99, 180]))}/`.repeat(200).slice(0, 760 + random.below(150));
  }
}

const MUTATIONS: readonly Mutation[] = [
  (text, at, random) => put(text, at, random.pick(INSERTS)),
  (text, at, random) => put(text, at, random.pick(INSERTS)),
  (text, at, random) => put(text, at, random.pick(INSERTS), random.below(4)),
  (text, at, random) => put(text, at, random.pick(STRANGE), random.below(2)),
  (text, at, random) => put(text, at, anyChar(random), random.below(2)),
  (text, at, random) => put(text, at, '', 1 + random.below(3)),
  (text, at, random) => put(text, at, '', 1 + random.below(text.length + 1)),
  (text, at) => put(text, at, switchCase(text.charAt(at)), 1),
  (text, at, random) => put(text, at, flipBit(text.charAt(at), random), 1),
  (text, at) => put(text, at, percentEncode(text.charAt(at)), 1),
  (text, at, random) => put(text, at, text.slice(at, at + 1 + random.below(8)).repeat(1 + random.below(3))),
  (text, at, random) => put(text, random.below(text.length + 1), text.slice(at, at + 1 + random.below(12))),
  (text, at) => put(text, at, text.charAt(at + 1) + text.charAt(at), 2),
  (text, at, random) => (random.oneIn(4) ? put(text, at, long(random)) : put(text, at, '/')),
];

/** Changes a text at up to three places. The result is well-formed: halves of pairs become U+FFFD. */
export function mutate(text: string, random: Random): string {
  let changed = text;
  for (let left = random.below(1 + random.below(4)); left > 0; left--) {
    changed = random.pick(MUTATIONS)(changed, random.below(changed.length + 1), random);
  }
  return changed.toWellFormed();
}
