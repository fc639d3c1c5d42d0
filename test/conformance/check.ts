import type { Expected } from './row.js';
import type { Answer } from './wire.js';

/** What is known beside a row when its answer is checked. */
export interface Knowledge {
  readonly method: string;
  /** Replaces the words of `row.ts`. */
  readonly fill: (text: string) => string;
  /** The file that a plain GET gives, where the row names it. */
  readonly whole: Buffer | null;
  /** Texts that no answer may hold: paths and addresses of ours, credentials. */
  readonly secrets: readonly string[];
}

/** Says in what an answer is not as expected; empty when it is. */
export function checkAnswer(answer: Answer, expected: Expected, known: Knowledge): string[] {
  return [
    ...(answer.status === expected.status ? [] : [`status ${answer.status} in place of ${expected.status}`]),
    ...Object.entries(expected.headers ?? {}).flatMap(([name, value]) => headerFault(answer, name, value, known)),
    ...bodyFault(answer, expected.body, known),
    ...(answer.status >= 400 ? refusalFaults(answer, known.method) : []),
    ...secretFaults(answer, known.secrets),
  ];
}

function headerFault({ headers }: Answer, name: string, wanted: string | RegExp | null, { fill }: Knowledge): string[] {
  const value = headers.get(name)?.[0] ?? null;
  const fits = wanted instanceof RegExp ? value !== null && wanted.test(value) : value === (wanted && fill(wanted));
  return fits ? [] : [`${name} is ${value} in place of ${wanted}`];
}

function bodyFault({ body }: Answer, wanted: Expected['body'], { fill, whole }: Knowledge): string[] {
  if (wanted === undefined) return [];
  if (wanted instanceof RegExp)
    return wanted.test(body.toString()) ? [] : [`the body is ${body.toString()} in place of ${wanted}`];
  const bytes = bytesOf(wanted, fill, whole);
  return body.equals(bytes) ? [] : [`the body has ${body.length} other bytes than the ${bytes.length} wanted`];
}

function bytesOf(wanted: Exclude<Expected['body'], RegExp | undefined>, fill: Knowledge['fill'], whole: Buffer | null) {
  if (typeof wanted === 'function') return wanted(whole ?? Buffer.alloc(0));
  return typeof wanted === 'string' ? Buffer.from(fill(wanted)) : wanted;
}

/** What go shows of a refusal: plain text, one printable line, up to 600 bytes. */
function refusalFaults({ status, headers, body }: Answer, method: string): string[] {
  const faults: string[] = [];
  const type = headers.get('content-type')?.[0];
  if (type !== 'text/plain; charset=utf-8') faults.push(`a refusal of type ${type}`);
  if (!headers.has('cache-control')) faults.push('a refusal without Cache-Control');
  // These two tell of a file that is there.
  const names = status === 412 || status === 416 ? [] : ['etag', 'last-modified'];
  if (names.some((name) => headers.has(name))) faults.push('a refusal with validators of a file');
  if (method === 'HEAD') return faults;
  if (body.length > 600) faults.push(`a refusal of ${body.length} bytes`);
  if (!/^[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}]+\n$/u.test(body.toString()) || body.toString().includes('\ufffd')) {
    faults.push(`not one printable line: ${JSON.stringify(body.toString())}`);
  }
  return faults;
}

function secretFaults({ headers, body }: Answer, secrets: readonly string[]): string[] {
  const text = `${[...headers.values()].flat().join('\n')}\n${body.toString('latin1')}`;
  return secrets.filter((secret) => text.includes(secret)).map((secret) => `the answer tells ${secret}`);
}
