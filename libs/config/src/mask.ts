import { parseGoEnv } from './go-env.js';
import { GO_NAMES } from './go-names.js';
import { InvalidValue } from './invalid-value.js';

const MASK = '***';
const PLAIN_GO_NAMES = new Set<string>([...GO_NAMES, 'GOFLAGS']);

/** Shows the text of a setting without what is secret in it, on one line. */
export function shownText(name: string, text: string, secret: 'whole' | 'part' | undefined): string {
  if (text === '') return '';
  const shown = secret === 'whole' ? MASK : maskedParts(name, text);
  return shown.replaceAll(/\p{Cc}/gu, '?');
}

function maskedParts(name: string, text: string): string {
  if (name === 'STOA_GO_ENV') return maskedGoEnv(text);
  if (name === 'GOAUTH') return maskedGoauth(text);
  // Its URLs may go without a scheme.
  if (name === 'GOPROXY') return text.replaceAll(/[^,|]+/g, (url) => maskedUrl(url).replace(/\?.+/, `?${MASK}`));
  return maskedUrl(text);
}

/** Hides the user part of a URL whole, and its query: a token is as often there as it is the password. */
function maskedUrl(url: string): string {
  return url.replaceAll(/[^/]*@/g, `${MASK}@`).replaceAll(/(:\/\/[^\s,?]*\?)[^\s,]+/g, `$1${MASK}`);
}

/** `netrc`, `off` and `git <folder>` are no secrets; a command may have one among its arguments. */
function maskedGoauth(text: string): string {
  return text.replaceAll(/[^;]+/g, (method) => (/^\s*(?:netrc|off|git\s.*)\s*$/.test(method) ? method : MASK));
}

/** Go's own names show what is not secret in them; what other variables hold is not known, so it is hidden. */
function maskedGoEnv(text: string): string {
  try {
    return Object.entries(parseGoEnv(text))
      .map(([name, value]) => {
        const shown = PLAIN_GO_NAMES.has(name) ? maskedParts(name, value) : value && MASK;
        return `${name}=${shown.replaceAll(';', '\\;')}`;
      })
      .join(';');
  } catch (error) {
    if (error instanceof InvalidValue) return MASK;
    throw error;
  }
}
