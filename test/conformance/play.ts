import { checkAnswer } from './check.js';
import type { Expected, Parts, Row } from './row.js';
import { readAnswers, sendBytes, type Answer } from './wire.js';

/** A server to be asked. */
export interface Site {
  readonly base: URL;
  /** The module version that rows call `<module>` and `<version>`, escaped. */
  readonly module: string;
  readonly version: string;
  readonly secrets: readonly string[];
  /** Plain GETs of this target that come before each row on its connection. */
  readonly before?: { readonly target: string; readonly count: number };
}

/** Sends a row and says in what the answers are wrong; empty when all is as it must be. */
export async function play(row: Row, site: Site): Promise<string[]> {
  const fill = filler(site);
  const whole = typeof row.request !== 'string' && namesFile(row) ? await getWhole(row.request, site) : null;
  const fillAll = (text: string): string => fill(fillFile(text, whole));
  const bytes = Buffer.from(
    typeof row.request === 'string' ? fill(row.request) : bytesOf(row.request, site, fillAll),
    'latin1',
  );
  const { target, count } = site.before ?? { target: '', count: 0 };
  const plain = Buffer.from(fill(`GET <base>${target} HTTP/1.1\r\nHost: <host>\r\n\r\n`), 'latin1');
  const { received, closed } = await sendBytes(site.base, bytes, Array<Buffer>(count).fill(plain));
  const { answers, faults } = readAnswers(received, row.methods);
  return [
    ...(closed ? [] : ['the connection was not closed']),
    ...faults,
    ...answers.flatMap((answer, index) =>
      checkAnswer(answer, row.expected[index] as Expected, {
        method: row.methods[index] ?? 'GET',
        fill: fillAll,
        whole: whole?.body ?? null,
        secrets: site.secrets,
      }),
    ),
  ];
}

function filler({ base, module, version }: Site): (text: string) => string {
  const words: Readonly<Record<string, string>> = {
    '<module>': module,
    '<version>': version,
    '<host>': base.host,
    '<base>': base.pathname.replace(/\/$/, ''),
  };
  return (text) => text.replaceAll(/<\w+>/g, (word) => words[word] ?? word);
}

function bytesOf({ method, target, headers }: Parts, { base }: Site, fill: (text: string) => string): string {
  const below = /^(\/|$)/.test(target) ? `<base>${target}` : target;
  const lines = Object.entries({ Host: base.host, Connection: 'close', ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return fill(`${method} ${below} HTTP/1.1\r\n${lines.join('')}\r\n`);
}

/** Whether a row speaks of the file that a plain GET gives. */
function namesFile({ request, expected }: Row): boolean {
  const bodies = expected.map(({ body }) => body);
  const texts = [request, expected.map(({ headers }) => headers), bodies.filter((body) => typeof body === 'string')];
  return bodies.some((body) => typeof body === 'function') || /<(etag|modified|size)>/.test(JSON.stringify(texts));
}

async function getWhole({ target }: Parts, site: Site): Promise<Answer> {
  const plain = bytesOf({ method: 'GET', target, headers: {} }, site, filler(site));
  const { received } = await sendBytes(site.base, Buffer.from(plain, 'latin1'));
  const { answers, faults } = readAnswers(received, ['GET']);
  const [answer] = answers;
  if (answer?.status !== 200 || faults.length > 0)
    throw new Error(`GET ${target}: ${answer?.status} ${faults.join('; ')}`);
  return answer;
}

function fillFile(text: string, whole: Answer | null): string {
  if (!whole) return text;
  return text
    .replaceAll('<etag>', whole.headers.get('etag')?.[0] ?? 'no ETag')
    .replaceAll('<modified>', whole.headers.get('last-modified')?.[0] ?? 'no Last-Modified')
    .replaceAll('<size>', String(whole.body.length));
}
