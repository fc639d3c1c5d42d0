/** One step of a glob: any run of bytes without a slash, one given byte, or one character that passes a test. */
type Term = '*' | number | ((rune: number) => boolean);

const SLASH = 0x2f;
const REPLACEMENT = 0xfffd;
const notSlash = (rune: number) => rune !== SLASH;

/** A character class, and where the pattern goes on after it. */
interface ClassTerm {
  readonly test: (rune: number) => boolean;
  readonly end: number;
}

function parseClass(chars: readonly string[], start: number): ClassTerm | null {
  let at = start;
  const negated = chars[at] === '^';
  if (negated) at++;

  const readBound = (): number | null => {
    if (chars[at] === '-' || chars[at] === ']') return null;
    if (chars[at] === '\\') at++;
    return chars[at++]?.codePointAt(0) ?? null;
  };

  const ranges: (readonly [number, number])[] = [];
  while (ranges.length === 0 || chars[at] !== ']') {
    const low = readBound();
    let high = low;
    if (chars[at] === '-') {
      at++;
      high = readBound();
    }
    if (low === null || high === null) return null;
    ranges.push([low, high]);
  }
  const test = (rune: number) => ranges.some(([low, high]) => low <= rune && rune <= high) !== negated;
  return { test, end: at + 1 };
}

// Almost every character is ASCII, and a buffer for each would cost more than all the rest.
function literalBytes(char: string): Iterable<number> {
  return char < '\x80' ? [char.charCodeAt(0)] : Buffer.from(char);
}

function parseGlob(pattern: string): Term[] | null {
  const chars = Array.from(pattern);
  const terms: Term[] = [];
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at] ?? '';
    if (char === '*') {
      terms.push('*');
    } else if (char === '?') {
      terms.push(notSlash);
    } else if (char === '[') {
      const found = parseClass(chars, at + 1);
      if (found === null) return null;
      terms.push(found.test);
      at = found.end - 1;
    } else if (char === '\\') {
      const literal = chars[++at];
      if (literal === undefined) return null;
      terms.push(...literalBytes(literal));
    } else {
      terms.push(...literalBytes(char));
    }
  }
  return terms;
}

/** Decodes one character; go reads a byte in the middle of one as U+FFFD, and a star may stop there. */
function decodeRune(text: Buffer, at: number): { rune: number; width: number } {
  const byte = text[at] ?? 0;
  if (byte < 0x80) return { rune: byte, width: 1 };
  if (byte < 0xc0) return { rune: REPLACEMENT, width: 1 };

  let width = 4;
  if (byte < 0xe0) width = 2;
  else if (byte < 0xf0) width = 3;
  return { rune: text.toString('utf8', at, at + width).codePointAt(0) ?? REPLACEMENT, width };
}

function stepWidth(term: Exclude<Term, '*'>, text: Buffer, at: number): number {
  if (at >= text.length) return 0;
  if (typeof term === 'number') return text[at] === term ? 1 : 0;
  const { rune, width } = decodeRune(text, at);
  return term(rune) ? width : 0;
}

/** Tells whether a glob is well formed. */
export function isGlob(pattern: string): boolean {
  return parseGlob(pattern) !== null;
}

/**
 * Tells whether a name matches a glob as a whole: `*`, `?`, `[a-z]`, `[^a-z]` and backslash escapes, where `*` and `?`
 * stop at slashes. A malformed glob matches nothing. Takes time of at most glob times name (Go's path.Match).
 */
export function matchGlob(pattern: string, name: string): boolean {
  const terms = parseGlob(pattern);
  if (terms === null) return false;

  const text = Buffer.from(name);
  let at = 0;
  let next = 0;
  // Only the last star is ever lengthened: an earlier one could give its successors nothing better.
  let star: { next: number; at: number } | null = null;
  while (next < terms.length || at < text.length) {
    const term = terms[next];
    if (term === '*') {
      next++;
      star = { next, at };
      continue;
    }
    const width = term === undefined ? 0 : stepWidth(term, text, at);
    if (width > 0) {
      next++;
      at += width;
      continue;
    }
    if (star === null || star.at >= text.length || text[star.at] === SLASH) return false;
    star.at++;
    ({ next, at } = star);
  }
  return true;
}
