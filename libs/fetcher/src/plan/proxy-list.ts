import { fileURLToPath } from 'node:url';
import { hasInsecureCredentials } from '#libs/config';

/** One element of GOPROXY. After a proxy, `|` goes on with the next element on any error, `,` on not-found alone. */
export type ProxyEntry =
  | { readonly kind: 'proxy'; readonly url: URL; readonly fallBackOnError: boolean }
  | { readonly kind: 'direct' }
  | { readonly kind: 'off' };

/**
 * Parses GOPROXY as cmd/go does (modfetch/proxy.go proxyList): elements end at `,` or `|`, empty ones are skipped,
 * `direct` and `off` end the list, a bare host gets `https://`. Throws an Error of one line, `GOPROXY: <fault>`,
 * that holds no credentials.
 */
export function parseProxyList(goproxy: string): ProxyEntry[] {
  const entries: ProxyEntry[] = [];
  for (const [, text = '', separator] of goproxy.matchAll(/([^,|]*)([,|]|$)/g)) {
    const element = text.trim();
    if (element === '') continue;
    if (element === 'off' || element === 'direct') {
      entries.push({ kind: element });
      break;
    }
    entries.push({ kind: 'proxy', url: parseProxyUrl(element), fallBackOnError: separator === '|' });
  }
  if (entries.length === 0) throw fault('the list has no entries; set a proxy URL, direct or off');
  return entries;
}

function parseProxyUrl(element: string): URL {
  // A single word is reserved for built-in behaviour, and what holds `:/` or is an absolute path has to be a whole URL.
  const isHost = /[.:/]/.test(element) && !element.includes(':/') && !element.startsWith('/');
  const text = isHost ? `https://${element}` : element;
  if (!/^[a-z][a-z0-9+.-]*:/i.test(text)) throw fault(`proxy URL without a scheme: ${shown(element)}`);

  let url: URL;
  try {
    url = new URL(text);
    decodeURIComponent(url.username + url.password);
  } catch {
    throw fault(`not a proxy URL: ${shown(element)}`);
  }
  if (url.protocol === 'file:') checkFileUrl(url, text);
  else if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw fault(`proxy URL scheme must be https, http or file: ${shown(element)}`);
  } else if (!/^https?:\/\/[^/]/i.test(text)) throw fault(`proxy URL without a host: ${shown(element)}`);
  if (hasInsecureCredentials(text)) throw fault('credentials in an http URL, which go refuses: use https');
  return url;
}

function checkFileUrl(url: URL, text: string): void {
  if (url.host !== '' || /[?#]/.test(text)) throw fault('a file:// proxy URL is a path and nothing else');
  try {
    fileURLToPath(url);
  } catch {
    throw fault('a file:// proxy URL has a path that is none');
  }
}

/** What of a faulty element can be told: user, password, path and query may all be secret. */
function shown(element: string): string {
  if (/^[\w.-]+$/.test(element)) return element;
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(element)?.[1];
  return scheme === undefined ? 'a path' : `${scheme}:...`;
}

function fault(message: string): Error {
  return new Error(`GOPROXY: ${message}`);
}
