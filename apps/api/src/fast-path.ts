import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Metrics } from '#libs/observability';
import type { MemoryHits } from './memory-hits.js';
import { isOneHead, LONGEST_HEAD, PlainHeads } from './plain-heads.js';
import type { Asked, ObserveAnswer } from './request-context.js';

/** Answers that are gathered at most: more than that many gain nothing, and take memory. */
const TOGETHER = 128;

interface Parts {
  readonly hits: Pick<MemoryHits, 'find'>;
  readonly metrics: Pick<Metrics, 'cacheLookups'>;
  readonly observe: ObserveAnswer;
}

/** An answer that is to be sent. */
interface Due {
  readonly socket: Socket;
  readonly text: string;
  readonly asked: Omit<Asked, 'milliseconds'>;
  readonly started: number;
}

/**
 * Answers what memory holds below Node's HTTP server, which takes most of the time of such an answer. A connection begins
 * with the HTTP server and goes back to it for everything that is not a plain request (see PlainHeads) for a file that
 * never changes and that memory holds; the answer is the same, byte for byte, but for its id and its date.
 */
export class FastPath {
  private readonly connections = new WeakMap<Socket, Connection>();
  private readonly heads = new PlainHeads();
  private due: Due[] = [];
  private stopped = false;
  private date = { second: 0, text: '' };

  constructor(private readonly parts: Parts) {}

  /** Stands before an HTTP server that does not listen yet. */
  attach(server: Server): void {
    const lane: Lane = {
      take: (text, socket) => this.take(text, socket, server.keepAliveTimeout),
      send: () => this.send(),
    };
    server.on('connection', (socket: Socket) => this.connections.set(socket, new Connection(socket, lane)));
    server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
      const connection = this.connections.get(request.socket);
      if (!connection?.underWay) return;
      this.heads.learn(connection.underWay, request);
      response.once('close', () => connection.answered(request, response));
    });
  }

  /** Leaves all to the HTTP server, which tells clients that the gateway stops. */
  stop(): void {
    this.stopped = true;
  }

  private take(text: string, socket: Socket, keepAlive: number): boolean {
    if (this.stopped || socket.writableLength > 0) return false;
    const started = performance.now();
    const request = this.heads.read(text);
    const hit = request && this.parts.hits.find(request.target);
    if (!hit) return false;
    const { target, id } = request;
    const { kind: route, bytes, headers } = hit;
    this.parts.metrics.cacheLookups.inc({ kind: route, result: 'hit' });
    if (this.due.length === 0) setImmediate(() => this.send());
    this.due.push({
      socket,
      text:
        `HTTP/1.1 200 OK\r\nx-request-id: ${id}\r\n${headers}Date: ${this.now()}\r\nConnection: keep-alive\r\n` +
        `Keep-Alive: timeout=${Math.floor(keepAlive / 1000)}\r\n\r\n${bytes.toString('latin1')}`,
      asked: { id, method: 'GET', target, route, cache: 'memory', fault: null },
      started,
    });
    if (this.due.length === TOGETHER) this.send();
    return true;
  }

  /**
   * Sends the answers of one turn of the event loop, then observes them. Where each was written and logged by itself, its
   * reader had gone to sleep, and to wake it took longer than all else: a third as many hits a second.
   */
  private send(): void {
    const due = this.due;
    this.due = [];
    for (const { socket, text } of due) if (socket.writable) socket.write(text, 'latin1');
    for (const { socket, asked, started } of due) {
      const answer = { headersSent: socket.writable, writableFinished: true, statusCode: 200 };
      this.parts.observe({ ...asked, milliseconds: performance.now() - started }, answer);
    }
  }

  private now(): string {
    const second = Math.floor(Date.now() / 1000);
    if (second !== this.date.second) this.date = { second, text: new Date(second * 1000).toUTCString() };
    return this.date.text;
  }
}

/** What a connection asks of the fast path. */
interface Lane {
  /** Takes a request to be answered in this turn of the event loop; false: it is none for the fast path. */
  readonly take: (text: string, socket: Socket) => boolean;
  /** Sends what was taken. */
  readonly send: () => void;
}

/** A client's connection, whose bytes go to the HTTP server unless they are answered before. */
class Connection {
  /** The request that the HTTP server has now, if it came in one piece; null: it has none that is not answered. */
  underWay: string | null = null;
  /** The HTTP server counts the time to the first request's end from the connection's begin: so that is for it. */
  private begun = false;
  private readonly toServer: (chunk: Buffer) => void;

  constructor(
    private readonly socket: Socket,
    private readonly lane: Lane,
  ) {
    // The HTTP server reads a socket directly, without events, until somebody else listens to its data.
    const [toServer] = socket.listeners('data') as [(chunk: Buffer) => void];
    this.toServer = toServer;
    socket.off('data', toServer);
    socket.on('data', this.onData);
  }

  /** The HTTP server has answered the request under way: the connection's next bytes are another, if it goes on. */
  answered(request: IncomingMessage, response: ServerResponse): void {
    const goesOn = response.writableFinished && request.complete && this.socket.writable;
    if (!goesOn) return;
    this.underWay = null;
    this.begun = true;
  }

  private readonly onData = (chunk: Buffer): void => {
    const text = this.underWay === null && chunk.length <= LONGEST_HEAD ? chunk.toString('latin1') : '';
    // Requests in parts or several at once, bodies, other methods: the HTTP server has such a connection for good.
    if (!isOneHead(text)) {
      this.underWay = '';
      this.socket.off('data', this.onData);
      this.socket.on('data', this.toServer);
    } else {
      if (this.begun && this.lane.take(text, this.socket)) return;
      this.underWay = text;
    }
    this.lane.send(); // nothing that the HTTP server writes may come before what was asked before
    this.toServer.call(this.socket, chunk);
  };
}
