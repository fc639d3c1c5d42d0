import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { answerUnderWay } from './limits.js';
import { TEXT } from './replies.js';

/** Status for what Node's HTTP parser refuses before there is a request; anything else is 400. */
const STATUS: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
};

/** Milliseconds in which a client may read why it was refused, while what it still sends is dropped. */
const LINGER = 2_000;

/** Connections that end with an answer of ours; the parser complains of each further chunk. */
const ending = new WeakSet<Socket>();

/**
 * Answers a request that the HTTP parser refuses in plain text, like every other refusal, and closes the connection:
 * after the answers to the requests before it, and after a while in which the rest of the request is read, for a close
 * with unread bytes is a reset, which takes the answer away.
 */
export function answerParserError(error: Error & { code?: string }, socket: Socket): void {
  if (ending.has(socket)) return;
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = STATUS[error.code ?? ''] ?? 400;
  const reason = status === 400 ? 'malformed HTTP' : (STATUS_CODES[status] ?? '').toLowerCase();
  ending.add(socket);
  endAfterAnswers(socket, plainAnswer(status, `bad request: ${reason}\n`));
}

/** The bytes of an answer in plain text after which the connection closes. */
export function plainAnswer(status: number, body: string, headers = ''): string {
  return (
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: ${TEXT}\r\nCache-Control: no-store\r\n${headers}` +
    `Date: ${new Date().toUTCString()}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`
  );
}

/**
 * Ends a connection with the bytes of an answer: after the answers to the requests before it, and cuts it off after a
 * while, for a client that does not close it would have it for good.
 */
export function endAfterAnswers(socket: Socket, bytes: string): void {
  const busy = answerUnderWay(socket);
  if (busy) {
    // Of a request that breaks off within its body there is one answer, the handler's.
    const rest = busy.req.complete ? bytes : '';
    busy.once('close', () => endAfterAnswers(socket, rest));
    return;
  }
  socket.end(bytes);
  setTimeout(() => socket.destroy(), LINGER).unref();
}
