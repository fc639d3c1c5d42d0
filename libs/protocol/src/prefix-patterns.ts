import { matchGlob } from './glob.js';

/**
 * Tells whether a comma-separated list of globs, as in GOPRIVATE, has one that matches the target's leading elements:
 * `example.com/*` matches `example.com/a/b` (x/mod module.MatchPrefixPatterns).
 */
export function matchPrefixPatterns(globs: string, target: string): boolean {
  const elements = target.split('/');
  return globs
    .split(',')
    .map((glob) => glob.replace(/\/$/, ''))
    .filter((glob) => glob !== '')
    .some((glob) => {
      const depth = glob.split('/').length;
      return depth <= elements.length && matchGlob(glob, elements.slice(0, depth).join('/'));
    });
}
