import { isGlob } from '#libs/protocol';
import { InvalidValue } from './invalid-value.js';

/**
 * Reads globs of module paths separated by `,`, as in GOPRIVATE, and gives them as they are. Go passes over one that no
 * path can match, so a space after a comma would make private modules public. Throws InvalidValue for such.
 */
export function checkModulePatterns(text: string): string {
  for (const [index, glob] of text.split(',').entries()) {
    const fault = faultOf(glob);
    if (fault !== null) throw new InvalidValue(`${fault} in entry ${index + 1}, so it would match no module`);
  }
  return text;
}

function faultOf(glob: string): string | null {
  if (/\s/.test(glob)) return 'has a space';
  if (glob.includes('://')) return 'has a URL in place of a path';
  return isGlob(glob) ? null : 'has a malformed pattern';
}
