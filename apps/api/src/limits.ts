import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * What a client may take from a gateway before it is cut off; times in milliseconds. A client may read as slowly as it
 * likes, as long as it reads: the limits are for those who send nothing, or take nothing.
 */
export const LIMITS = {
  /** From the connection, or the first byte of a later request, to the end of the headers. */
  headers: 20_000,
  /** To the end of the whole request, whose body nobody reads. */
  request: 30_000,
  /** How often the two above are looked at. */
  check: 5_000,
  /** Bytes of all headers of a request together. */
  headerBytes: 16 * 1024,
  /** Longer than the 90 s for which the go command keeps idle connections, so that it never meets one just closed. */
  keepAlive: 120_000,
  /**
   * Without a byte that moves while an answer is to be read. The kernel takes megabytes ahead of the reader and asks for
   * more once a third of them is gone: of one who reads 1 kB a second nothing is seen for up to half an hour.
   */
  unread: 60 * 60_000,
} as const;

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
