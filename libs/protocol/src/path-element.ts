import { quote } from './printable.js';

/** Which rules hold for a slash-separated path: those of module paths, of import paths, or of files in a module. */
export type PathKind = 'module' | 'import' | 'file';

const DISALLOWED_CHAR: Record<PathKind, RegExp> = {
  module: /[^-A-Za-z0-9._~]/u,
  import: /[^-A-Za-z0-9._~+]/u,
  file: /[^-\p{L}0-9!#$%&()+,.=@[\]^_{}~ ]/u,
};
const WINDOWS_NAME = /^(?:con|prn|aux|nul|com[1-9]|lpt[1-9])$/i;
const WINDOWS_SHORT_NAME = /~\d+$/;

/** Says why a text is no path element of that kind, in go's words; null when it is one (x/mod module.checkElem). */
export function elementFault(element: string, kind: PathKind): string | null {
  if (element === '') return 'empty path element';
  if (/^\.+$/.test(element)) return `invalid path element ${quote(element, '"')}`;
  if (kind === 'module' && element.startsWith('.')) return 'leading dot in path element';
  if (element.endsWith('.')) return 'trailing dot in path element';

  const char = DISALLOWED_CHAR[kind].exec(element)?.[0];
  if (char !== undefined) return `invalid char ${quote(char, "'")}`;

  // Windows looks at what is before the first dot only: `aux.txt` is the device too.
  const stem = element.split('.', 1)[0] ?? '';
  if (WINDOWS_NAME.test(stem)) return `${quote(stem, '"')} disallowed as path element component on Windows`;
  if (kind !== 'file' && WINDOWS_SHORT_NAME.test(stem)) return 'trailing tilde and digits in path element';
  return null;
}

/** Says why a text is no slash-separated path of that kind, in go's words; null when it is one (x/mod module.checkPath). */
export function pathFault(path: string, kind: PathKind): string | null {
  if (!path.isWellFormed()) return 'invalid UTF-8';
  if (path === '') return 'empty string';
  if (kind !== 'file' && path.startsWith('-')) return 'leading dash';
  if (path.includes('//')) return 'double slash';
  if (path.endsWith('/')) return 'trailing slash';

  for (const element of path.split('/')) {
    const fault = elementFault(element, kind);
    if (fault !== null) return fault;
  }
  return null;
}
