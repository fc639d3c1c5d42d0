/** Characters of a foreign text that a refusal repeats. */
const LENGTH = 300;

/** Characters that are looked at: the patterns below are not linear in their worst case. */
const LOOKED_AT = 2000;

/** What a client must not learn from foreign text, in the order in which it is looked for. */
const PRIVATE: readonly (readonly [RegExp, string])[] = [
  [/\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]*[^\s"'<>:]/gi, '<url>'],
  [/(?<![^\s"'<>])[^\s"'<>:@]+:[^\s"'<>@]*@[^\s"'<>]*/g, '<url>'],
  [/\bgit@\S+/g, '<url>'],
  [/\blocalhost(:\d+)?\b/gi, '<address>'],
  [/(?<![\w.])\d{1,3}(\.\d{1,3}){3}(:\d+)?(?!\w)/g, '<address>'],
  [/\[[0-9a-f:.]*:[0-9a-f:.]*(%\w+)?\](:\d+)?/gi, '<address>'],
  [/(?<![\w:])(([0-9a-f]{1,4}:){1,6}|:):([0-9a-f]{1,4}:){0,5}[0-9a-f]{1,4}(?![\w:])/gi, '<address>'],
  [/(?<![\w:])([0-9a-f]{1,4}:){4,7}[0-9a-f]{1,4}(?![\w:])/gi, '<address>'],
  [/\b[a-z]:\\[^\s"']*/gi, '<path>'],
  [/(?<![\w.~/<>-])(\/[^\s"'`:,;()/]+){2,}\/?/g, '<path>'],
];

/**
 * Makes one printable line of what a source said, fit for a client: the first line that is not empty, without URLs,
 * credentials, network addresses and absolute paths, at most 300 characters. Empty when nothing is left.
 */
export function reasonFrom(text: string): string {
  const line = text.split(/\r?\n/).find((candidate) => candidate.trim() !== '') ?? '';
  // Whatever is not graphic (controls, bidirectional marks, undecodable bytes) makes go drop the whole text.
  let reason = line
    .slice(0, LOOKED_AT)
    .replaceAll(/[\p{C}\p{Z}\uFFFD]+/gu, ' ')
    .trim();
  for (const [pattern, label] of PRIVATE) reason = reason.replaceAll(pattern, label);
  return reason.length > LENGTH ? `${reason.slice(0, LENGTH - 3).trimEnd()}...` : reason;
}
