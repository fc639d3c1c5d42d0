/** Characters of a line; go and git write none that is longer, but repeat what a host says. */
const LONGEST_LINE = 2_000;
/** Characters of the first lines, and of the last. */
const END = 4_000;

/**
 * What is looked at of the text of a failure: its first and its last lines, without those that are too long for go and
 * git. A host may have megabytes in it, and of what the patterns of failures look for so many near misses that they would
 * take hours: their time grows with the square of a line. Whole lines, for half of a secret would not be known for one.
 */
export function lookedAt(text: string): string {
  const lines = text.split('\n').filter(({ length }) => length <= LONGEST_LINE);
  const short = lines.join('\n');
  if (short.length <= 2 * END) return short;
  const [first, last] = [short.slice(0, END), short.slice(-END)];
  return first.slice(0, first.lastIndexOf('\n') + 1) + last.slice(last.indexOf('\n') + 1);
}
