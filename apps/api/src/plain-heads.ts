import type { IncomingMessage } from 'node:http';
import { LRUCache } from 'lru-cache';
import { isPlain } from './conditions.js';
import { messageRefusal } from './http-message.js';
import { requestId } from './request-context.js';

const BLANK_LINE = '\r\n\r\n';
const VERSION = ' HTTP/1.1\r\n';
/** Bytes of a head that is looked at; one of the go command has some 200. */
export const LONGEST_HEAD = 2048;
/** Header blocks that are remembered: a client sends the same for each file, as do all of its kind. */
const MOST = 4096;

/** Headers that say more than which file is wanted: that a body comes, who asks, how the connection goes on. */
const WEIGHTY = ['content-length', 'transfer-encoding', 'expect', 'upgrade', 'authorization', 'proxy-connection'];

/**
 * The one header that differs in each request of a client, or of a balancer before the gateway, with what may be in one.
 * Nobody has looked at the text before: a pattern that tries the spaces in several ways would take seconds over a few.
 */
const ID = /\r\nx-request-id:([\t\x20-\x7e\x80-\xff]*)(?=\r\n[^ \t])/i;

/** What such a request says. */
export interface PlainRequest {
  readonly target: string;
  /** As requestId gives it. */
  readonly id: string;
}

/**
 * Reads requests whose headers are byte for byte those of an earlier one, which the HTTP parser read and which was a plain
 * GET of a whole file on a connection that stays open: so what they mean is known without another parser.
 */
export class PlainHeads {
  private readonly known = new LRUCache<string, true>({ max: MOST });

  /** Remembers the headers of a request that came as this text, if they are plain. */
  learn(text: string, request: IncomingMessage): void {
    const { url, headers } = request;
    const line = `GET ${url}${VERSION}`;
    if (!text.startsWith(line)) return;
    const { block } = withoutId(text.slice(line.length - 2));
    // As with most requests that only their target sends here.
    if (this.known.get(block)) return;
    if (ID.test(block) || !isPlain(headers) || messageRefusal(request)) return;
    if (WEIGHTY.some((name) => headers[name] !== undefined)) return;
    if (!/^keep-alive$/i.test(headers.connection ?? 'keep-alive')) return;
    this.known.set(block, true);
  }

  /** Reads a request; null when its headers are not known. */
  read(text: string): PlainRequest | null {
    const end = text.indexOf(VERSION);
    const whole = text.slice(end + VERSION.length - 2);
    if (this.known.get(whole)) return { target: text.slice(4, end), id: requestId({}) };
    const { block, id } = withoutId(whole);
    if (id === undefined || !this.known.get(block)) return null;
    return { target: text.slice(4, end), id: requestId({ 'x-request-id': id }) };
  }
}

/** Whether some bytes are one GET without a body, from its first to its last byte, as far as that can be seen. */
export function isOneHead(text: string): boolean {
  return text.startsWith('GET ') && text.indexOf(BLANK_LINE) === text.length - 4;
}

/** The id is empty where it is no single word. */
function withoutId(block: string): { block: string; id?: string } {
  const found = ID.exec(block);
  if (!found) return { block };
  const words = (found[1] ?? '').split(/[ \t]+/).filter((word) => word !== '');
  const id = words.length === 1 ? words[0]! : '';
  return { block: block.slice(0, found.index) + block.slice(found.index + found[0].length), id };
}
