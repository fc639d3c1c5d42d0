import * as http from 'node:http';
import * as https from 'node:https';
import { s3Refusal } from './s3-error.js';

/** Milliseconds. */
export interface S3Timeouts {
  /** Until a connection stands. */
  readonly connect: number;
  /** Without a byte in either direction, while the server is to move. */
  readonly idle: number;
  /** Until an upload is taken in whole and acknowledged, from the last byte that moved. */
  readonly commit: number;
}

type Transport = Pick<typeof http, 'request'>;
type OnResponse = (response: http.IncomingMessage) => void;

/**
 * Makes the requests of the minio client, which has no timeouts of its own: a connection or an answer that does not
 * come fails with ETIMEDOUT, a server in trouble (5xx, 408, 429) with a RefusalError.
 */
export function createTransport(secure: boolean, timeouts: S3Timeouts): Transport {
  const base = secure ? https : http;
  const request = (options: http.RequestOptions, onResponse?: OnResponse): http.ClientRequest => {
    const sent = base.request(options);
    const refuse = (status: number): boolean => sent.emit('error', s3Refusal(`status ${status}`));
    sent.on('response', (response) => {
      const status = response.statusCode ?? 0;
      if (status < 500 && status !== 408 && status !== 429) return onResponse?.(response);
      // The client would throw the answer away unread, which keeps its connection, with no more than a text to say so.
      response.resume();
      return refuse(status);
    });
    // Node ends such a connection without an error, and the client would wait for ever.
    sent.on('upgrade', (response, socket) => {
      socket.destroy();
      refuse(response.statusCode ?? 0);
    });
    limitConnecting(sent, secure ? 'secureConnect' : 'connect', timeouts.connect);
    limitSilence(sent, timeouts.idle);
    return sent;
  };
  // The client calls it in this way alone.
  return { request: request as Transport['request'] };
}

function limitConnecting(request: http.ClientRequest, connected: 'connect' | 'secureConnect', limit: number): void {
  request.on('socket', (socket) => {
    if (!socket.connecting) return;
    const timer = setTimeout(() => request.destroy(timedOut()), limit);
    socket.once(connected, () => clearTimeout(timer));
    request.once('close', () => clearTimeout(timer));
  });
}

/** A reader who is slow is not the server's fault, and may take as long as he likes. */
function limitSilence(request: http.ClientRequest, limit: number): void {
  let response: http.IncomingMessage | null = null;
  request.on('response', (incoming) => {
    response = incoming;
  });
  request.on('timeout', () => {
    if (!response) request.destroy(timedOut());
    else if (response.readableLength === 0) response.destroy(timedOut());
    else request.setTimeout(limit);
  });
  request.setTimeout(limit);
}

function timedOut(): Error {
  return Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' });
}
