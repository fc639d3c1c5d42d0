import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * What a client may take from a gateway before it is cut off; times in milliseconds. It may read as slowly as it likes,
 * as long as it reads: the limits are for those who send nothing, or take nothing.
 */
export interface Limits {
  /** From the connection, or the first byte of a later request, to the end of the headers. */
  readonly headers: number;
  /** To the end of the whole request, whose body nobody reads. */
  readonly request: number;
  /** How often the two above are looked at. */
  readonly check: number;
  /** Bytes of all headers of a request together. */
  readonly headerBytes: number;
  /** Without a request on a connection that had one. */
  readonly keepAlive: number;
  /** Without a byte that moves while an answer is to be read. */
  readonly unread: number;
}

/**
 * The limits of a gateway. The go command keeps idle connections for 90 s, and should never meet one just closed. The
 * kernel takes megabytes of an answer ahead of its reader, and asks for more once a third of them is gone: of one who
 * reads 1 kB a second nothing is seen for up to half an hour.
 */
export const LIMITS: Limits = {
  headers: 20_000,
  request: 30_000,
  check: 5_000,
  headerBytes: 16 * 1024,
  keepAlive: 120_000,
  unread: 60 * 60_000,
};

/** Closes connections on which nothing moves for too long, but not those that wait for their answer to begin. */
export function cutUnread(server: Server): void {
  server.on('timeout', (socket: Socket) => {
    const answer = answerUnderWay(socket);
    if (!answer || answer.headersSent) socket.destroy();
  });
}

/** The answer that a connection is busy with, which Node has no public way to ask for; null when there is none. */
export function answerUnderWay(socket: Socket): ServerResponse | null {
  return (socket as Socket & { _httpMessage?: ServerResponse | null })._httpMessage ?? null;
}
