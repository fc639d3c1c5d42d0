import { InvalidValue } from './invalid-value.js';

/**
 * Checks a GOPROXY as the go command does (cmd/go/internal/modfetch, proxyList) and gives it back unchanged; empty is
 * let through. Throws InvalidValue, whose message counts the entry instead of quoting it.
 */
export function checkGoproxy(text: string): string {
  let sources = 0;
  for (const [index, part] of text.split(/[,|]/).entries()) {
    const entry = part.trim();
    if (entry === '') continue;
    sources += 1;
    // Go stops reading here, so what follows can't be wrong.
    if (entry === 'off' || entry === 'direct') return text;
    checkEntry(entry, index + 1);
  }
  if (text !== '' && sources === 0) throw new InvalidValue('has no entries');
  return text;
}

function checkEntry(entry: string, position: number): void {
  const wordOrUrl = !/[.:/]/.test(entry) || entry.includes(':/') || entry.startsWith('/');
  const url = wordOrUrl ? entry : `https://${entry}`;
  if (!/^(?:https?|file):\/\//i.test(url) || !URL.canParse(url)) {
    throw new InvalidValue(`is not direct, off, or a URL with http, https or file (entry ${position})`);
  }
  if (/^file:/i.test(url) && !/^file:\/\/\/[^?#]*$/i.test(url)) {
    throw new InvalidValue(`has a file URL that is more than file:///path (entry ${position})`);
  }
}
