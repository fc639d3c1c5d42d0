import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { plainAnswer } from './parser-errors.js';

/** Answers what Node keeps from the router: CONNECT would be cut off without a word, an Expect be answered without one. */
export function answerUnrouted(server: Server): void {
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    socket.on('error', () => socket.destroy());
    socket.end(
      plainAnswer(405, 'method not allowed: CONNECT is not served, only GET and HEAD\n', 'Allow: GET, HEAD\r\n'),
    );
  });
  // No body is wanted, so nobody is told to go on: the answer itself follows.
  for (const event of ['checkContinue', 'checkExpectation'] as const) {
    server.on(event, (request: IncomingMessage, response: ServerResponse) => server.emit('request', request, response));
  }
}
