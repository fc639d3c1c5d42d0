import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { endAfterAnswers, plainAnswer } from './parser-errors.js';

/** Answers what Node keeps from the router: CONNECT would be cut off without a word, an Expect be answered without one. */
export function answerUnrouted(server: Server): void {
  // Node has let go of the connection by then: it counts no time on it, and reads nothing of it.
  server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    socket.on('error', () => socket.destroy()).resume();
    const body = 'method not allowed: CONNECT is not served, only GET and HEAD\n';
    endAfterAnswers(socket, plainAnswer(405, body, 'Allow: GET, HEAD\r\n'));
  });
  // No body is wanted, so nobody is told to go on: the answer itself follows.
  for (const event of ['checkContinue', 'checkExpectation'] as const) {
    server.on(event, (request: IncomingMessage, response: ServerResponse) => server.emit('request', request, response));
  }
}
