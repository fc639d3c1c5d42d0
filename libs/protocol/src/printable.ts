const UNPRINTABLE = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu;
const SHORT_ESCAPES: Record<string, string> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

function escapeRune(rune: string): string {
  const short = SHORT_ESCAPES[rune];
  if (short !== undefined) return short;

  const code = rune.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code < 0x80) return `\\x${hex.padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

/** Tells whether every character shows: letters, marks, numbers, punctuation, symbols and the ASCII space (Go's unicode.IsPrint). */
export function isPrintable(text: string): boolean {
  return text.search(UNPRINTABLE) < 0;
}

/** Writes a text between the given quotes with Go's escapes (strconv.Quote, strconv.QuoteRune). */
export function quote(text: string, mark: '"' | "'"): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll(mark, `\\${mark}`);
  return mark + escaped.replace(UNPRINTABLE, escapeRune) + mark;
}

/**
 * Makes one printable line of a text that may come from anywhere: what does not show is escaped as Go does
 * (`\n`, `\x1b`, `\u202e`), and what is over `limit` bytes of UTF-8 is cut off and marked with `...`.
 */
export function printable(text: string, limit: number): string {
  // Every character is at least one byte, so what is beyond the limit here is never shown.
  const shown = text
    .slice(0, limit + 1)
    .toWellFormed()
    .replace(UNPRINTABLE, escapeRune);
  const bytes = Buffer.from(shown);
  if (bytes.length <= limit) return shown;

  // A streaming decoder keeps back the character that the cut went through.
  return `${new TextDecoder().decode(bytes.subarray(0, Math.max(0, limit - 3)), { stream: true })}...`;
}
