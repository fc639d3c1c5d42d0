import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** One answer as it stood on the wire. */
export interface Answer {
  readonly status: number;
  /** By name in lower case, each line's value. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: Buffer;
}

/** What came back on one connection: the answers, and in what the bytes break HTTP/1.1 (RFC 9112). */
export interface Exchange {
  readonly answers: readonly Answer[];
  readonly faults: readonly string[];
}

/** Milliseconds after which a server that has not closed the connection is at fault. */
const PATIENCE = 20_000;

/**
 * Sends bytes on a connection of their own, and reads all that comes until the server closes it. The plain GETs in
 * `before` are sent on it first, each when the one before it was answered; those answers are left out.
 */
export async function sendBytes(
  base: URL,
  bytes: Buffer,
  before: readonly Buffer[] = [],
): Promise<{ received: Buffer; closed: boolean }> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const host = base.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = Number(base.port || (base.protocol === 'https:' ? 443 : 80));
  const socket: Socket =
    base.protocol === 'https:'
      ? connectTls({ host, port, servername: host, ALPNProtocols: ['http/1.1'] })
      : connectTcp({ host, port });
  const parts = [...before, bytes];
  let chunks: Buffer[] = [];
  const timer = setTimeout(() => resolve(false), PATIENCE);
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    if (parts.length === 0 || readAnswers(Buffer.concat(chunks), ['GET']).faults.length > 0) return;
    chunks = [];
    socket.write(parts.shift()!);
  });
  socket.on('end', () => resolve(true));
  // A reset after the answer is seen by what is missing of it.
  socket.on('error', () => resolve(true));
  socket.write(parts.shift()!);
  const closed = await promise;
  clearTimeout(timer);
  socket.destroy();
  return { received: Buffer.concat(chunks), closed };
}

/** Reads the answers to requests of these methods, strictly: what any client could misread is a fault. */
export function readAnswers(received: Buffer, methods: readonly string[]): Exchange {
  const answers: Answer[] = [];
  const faults: string[] = [];
  let rest = received;
  for (const method of methods) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) {
      faults.push(rest.length === 0 ? 'no answer' : `no end of the header section: ${show(rest)}`);
      return { answers, faults };
    }
    const { status, headers } = readHead(rest.subarray(0, end).toString('latin1'), faults);
    rest = rest.subarray(end + 4);
    const length = bodyLength(method, status, headers, faults);
    if (length > rest.length) faults.push(`the body has ${rest.length} bytes in place of ${length}`);
    answers.push({ status, headers, body: rest.subarray(0, length) });
    rest = rest.subarray(length);
  }
  if (rest.length > 0) faults.push(`${rest.length} bytes after the last answer: ${show(rest)}`);
  return { answers, faults };
}

function readHead(text: string, faults: string[]): Pick<Answer, 'status' | 'headers'> {
  const [first = '', ...lines] = text.split('\r\n');
  const status = Number(/^HTTP\/1\.1 ([2-5]\d\d) [\t\x20-\x7e]*$/.exec(first)?.[1] ?? 0);
  if (status === 0) faults.push(`no status line of a final answer: ${first}`);
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const [, name, value = ''] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ?([\x20-\x7e]*)$/.exec(line) ?? [];
    if (name === undefined) faults.push(`no header line: ${line}`);
    else headers.set(name.toLowerCase(), [...(headers.get(name.toLowerCase()) ?? []), value]);
  }
  for (const [name, values] of headers) if (values.length > 1) faults.push(`${values.length} lines of ${name}`);
  if (!headers.has('date')) faults.push('no Date');
  return { status, headers };
}

/** Every answer says its length: nothing is told by the end of a connection, which may also be a broken one. */
function bodyLength(method: string, status: number, headers: Answer['headers'], faults: string[]): number {
  const text = headers.get('content-length')?.[0];
  if (headers.has('transfer-encoding')) faults.push('Transfer-Encoding in place of Content-Length');
  if (status === 304) return 0;
  if (text === undefined || !/^\d+$/.test(text)) faults.push(`Content-Length is ${text}`);
  return method === 'HEAD' ? 0 : Number(text ?? 0);
}

function show(bytes: Buffer): string {
  return JSON.stringify(bytes.subarray(0, 80).toString('latin1'));
}
