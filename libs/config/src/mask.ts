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
  if (name === 'GOPROXY') return text.replaceAll(/[^,|]+/g, maskedUser);
  return maskedUser(text);
}

/** Hides the user part of a URL whole: a token is as often the user as the password. */
function maskedUser(url: string): string {
  return url.replaceAll(/[^/]*@/g, `${MASK}@`);
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
