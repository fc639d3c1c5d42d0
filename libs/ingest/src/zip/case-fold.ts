const ASCII = /^[\0-\x7f]*$/;

/** Where Unicode's simple case folding and the case mappings of JavaScript part. */
const EXCEPTIONS = new Map([
  // The Turkish dotted I and dotless i fold to nothing else.
  ['\u0130', '\u0130'],
  ['\u0131', '\u0131'],
  // Two spellings of one letter, which fold since Unicode 15.1: Go follows with the tables of its own version.
  ['\u1fd3', '\u0390'],
  ['\u1fe3', '\u03b0'],
  ['\ufb05', '\ufb06'],
]);

/**
 * Folds letter case so that two strings give the same one exactly when Go's strings.EqualFold holds for them (Unicode
 * simple case folding; x/mod zip's strToFold): K, k and the Kelvin sign are one letter, S, s and the long s too.
 * ASCII becomes lower case.
 */
export function foldCase(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  return Array.from(text, foldLetter).join('');
}

/** Up and then down, for several letters may share an upper case (σ and ς) or a lower one (K and the Kelvin sign). */
function foldLetter(letter: string): string {
  return EXCEPTIONS.get(letter) ?? mapped(mapped(letter, 'toUpperCase'), 'toLowerCase');
}

/** JavaScript maps some letters to several (ß to SS), which simple folding leaves alone. */
function mapped(letter: string, mapping: 'toUpperCase' | 'toLowerCase'): string {
  const result = letter[mapping]();
  return result.length === String.fromCodePoint(result.codePointAt(0)!).length ? result : letter;
}
