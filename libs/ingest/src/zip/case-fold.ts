const ASCII = /^[\0-\x7f]*$/;

/** The letters whose case mappings leave Unicode's simple case folding: the Turkish dotted I and dotless i. */
const UNFOLDED = new Set(['\u0130', '\u0131']);

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
  if (UNFOLDED.has(letter)) return letter;
  return mapped(mapped(letter, 'toUpperCase'), 'toLowerCase');
}

/** JavaScript maps some letters to several (ß to SS), which simple folding leaves alone. */
function mapped(letter: string, mapping: 'toUpperCase' | 'toLowerCase'): string {
  const result = letter[mapping]();
  return result.length === String.fromCodePoint(result.codePointAt(0)!).length ? result : letter;
}
