import type { Dispatcher } from 'undici';
import type { RefusalKind } from '#libs/protocol';
import { bodyFault, connectionFault, lateFault, SourceFault, TRUNCATED } from './fault.js';
import type { UpstreamLimits } from './limits.js';
import { Pace } from './pace.js';

/** Takes the bytes of a file. */
export interface Body {
  /** Takes a chunk. A promise says when the next one should come. What it throws, or rejects with, ends the exchange. */
  write(chunk: Buffer): Promise<void> | undefined;
}

/** The most bytes of a file, and what is said of one that has more. */
export interface SizeLimit {
  readonly size: number;
  readonly kind: RefusalKind;
  readonly name: string;
}

export interface ExchangeOptions {
  readonly signal: AbortSignal;
  /** When the answer has to begin at the latest, on performance.now()'s clock, however long a connection took. */
  readonly beginBy: number;
  /** How long after the request it has to begin. */
  readonly headersTimeout: number;
  /** When the whole of a file has to be there; may be Infinity. */
  readonly endBy: number;
  readonly limit: SizeLimit;
  /** Called when a file comes (status 200), before its first byte. */
  readonly open: () => Body;
}

/** What came back. The bytes of a 200 have gone to its body. */
export interface Answer {
  readonly statusCode: number;
  readonly headers: Dispatcher.ResponseData['headers'];
  /** The first bytes of what came with any other status. */
  readonly page: Buffer;
}

/** Bytes of an error page that are kept, and that are read so that the connection can be used again. */
const PAGE = 4096;
const READ_ON = 64 << 10;
/** How long an error page may take: its status has said what matters. */
const PAGE_TIME = 5_000;

/** Milliseconds that a timer can wait; longer ones end at once. */
const LONGEST_TIMER = 2 ** 31;

/**
 * One request and its answer, as undici's handler: chunks go straight from the parser to the file. A stream, an async
 * iterator and a pipeline between the two cost more than all else that a small file costs.
 * `answer` rejects with SourceFault for what the source did, with the signal's reason, or with what the body threw.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly answer: Promise<Answer>;
  private resolve!: (answer: Answer) => void;
  private reject!: (error: unknown) => void;
  private over = false;
  private controller: Dispatcher.DispatchController | null = null;
  private timer: NodeJS.Timeout | undefined;
  private statusCode = 0;
  private headers: Answer['headers'] = {};
  private length: number | null = null;
  private size = 0;
  private body: Body | null = null;
  private page: Buffer[] = [];
  private pace: Pace | null = null;

  constructor(
    private readonly options: ExchangeOptions,
    private readonly limits: UpstreamLimits,
  ) {
    this.answer = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    options.signal.addEventListener('abort', this);
    this.endAt(options.beginBy);
    if (options.signal.aborted) this.handleEvent();
  }

  /** The signal is aborted. */
  handleEvent(): void {
    this.fail(this.options.signal.reason);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    // It may have ended while it waited for a connection.
    if (this.over) controller.abort(new Error('nobody waits for this answer'));
    else this.endAt(Math.min(this.options.beginBy, performance.now() + this.options.headersTimeout));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: Dispatcher.ResponseData['headers'],
  ): void {
    if (this.over || statusCode < 200) return;
    this.statusCode = statusCode;
    this.headers = headers;
    this.pace = new Pace(this.limits);
    if (statusCode !== 200) {
      this.endAt(performance.now() + PAGE_TIME);
      return;
    }
    this.length = lengthOf(headers);
    this.endAt(this.options.endBy);
    try {
      if (ENCODED.test(String(headers['content-encoding'])))
        throw new SourceFault('upstream', 'the upstream encodes its answer in a way that was not asked for');
      if (this.length !== null) this.checkSize(this.length);
      this.body = this.options.open();
    } catch (error) {
      this.fail(error);
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.over) return;
    this.size += chunk.length;
    if (this.pace?.keepsUp(chunk.length) === false) {
      this.end(new SourceFault('upstream', 'the upstream sends too slowly', { outage: true }));
    } else if (this.body === null) this.read(chunk);
    else {
      try {
        this.checkSize(this.size);
        const written = this.body.write(chunk);
        if (written) void this.hold(controller, written);
      } catch (error) {
        this.fail(error);
      }
    }
  }

  onResponseEnd(): void {
    if (this.length === null || this.length === this.size) this.succeed();
    else this.fail(new SourceFault('upstream', TRUNCATED));
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.end(this.statusCode === 0 ? connectionFault(error) : bodyFault(error));
  }

  private read(chunk: Buffer): void {
    if (this.size - chunk.length < PAGE) this.page.push(chunk);
    if (this.size > READ_ON) this.cut();
  }

  /** Lets the connection wait for the disk. */
  private async hold(controller: Dispatcher.DispatchController, written: Promise<void>): Promise<void> {
    controller.pause();
    try {
      await written;
      this.pace?.restart();
      controller.resume();
    } catch (error) {
      this.fail(error);
    }
  }

  private checkSize(size: number): void {
    const { limit } = this.options;
    if (size > limit.size) throw new SourceFault(limit.kind, `the ${limit.name} is larger than ${limit.size} bytes`);
  }

  private endAt(time: number): void {
    clearTimeout(this.timer);
    const left = time - performance.now();
    if (left < LONGEST_TIMER) this.timer = setTimeout(() => this.end(lateFault()), left);
  }

  /** Ends an answer that breaks off: what there is of an error page is enough. */
  private end(fault: SourceFault): void {
    if (this.statusCode === 0 || this.statusCode === 200) this.fail(fault);
    else this.cut();
  }

  private cut(): void {
    this.succeed();
    this.controller?.abort(new Error('the rest of this page is of no use'));
  }

  private succeed(): void {
    if (!this.finish()) return;
    const page = this.page.length === 0 ? EMPTY : Buffer.concat(this.page).subarray(0, PAGE);
    this.resolve({ statusCode: this.statusCode, headers: this.headers, page });
  }

  private fail(error: unknown): void {
    if (!this.finish()) return;
    this.reject(error);
    this.controller?.abort(error instanceof Error ? error : new Error('given up', { cause: error }));
  }

  private finish(): boolean {
    if (this.over) return false;
    this.over = true;
    clearTimeout(this.timer);
    this.options.signal.removeEventListener('abort', this);
    return true;
  }
}

const EMPTY = Buffer.alloc(0);

/** Codings that change the bytes; other words that servers say there (utf-8, none) are no reason to refuse a file. */
const ENCODED = /\b(?:gzip|deflate|br|zstd|compress)\b/i;

function lengthOf(headers: Answer['headers']): number | null {
  const value = headers['content-length'];
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : null;
}
