/*
 * A row of the table: the name of a rule, a request, what must come back. To add one, write a line into a file of
 * `rooms`; to add a room, add its file to `table.ts`.
 *
 * Requests are latin1 text, a character a byte. `target` stands below the base URL's path. These words are replaced,
 * in targets, raw text, header values and expected texts:
 *
 *   <module> <version>              a module version that the server has, escaped: given by the runner
 *   <etag> <modified> <size>        of the file that a plain GET of the same target gives, asked before the row
 *   <host> <base>                   authority and path of the base URL, for raw text and absolute-form targets
 */

/** A request in parts; it asks for the connection to be closed, so that all bytes of the answer are seen. */
export interface Parts {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What an answer must be; what is not named may be anything that the strict reader and `check.ts` let pass. */
export interface Expected {
  readonly status: number;
  /** By name in lower case: the value, a pattern of it, or null for a header that may not be there. */
  readonly headers?: Readonly<Record<string, string | RegExp | null>>;
  /** The bytes, a pattern of the text, or what is made of the file that a plain GET gives. */
  readonly body?: string | Buffer | RegExp | ((whole: Buffer) => Buffer);
}

export interface Row {
  readonly rule: string;
  /** Parts, or the raw text of everything that is sent. */
  readonly request: Parts | string;
  /** The methods of raw requests, one an answer: a HEAD has no body. */
  readonly methods: readonly string[];
  readonly expected: readonly Expected[];
}

/** The rows of one subject. */
export interface Room {
  /** The section of the protocol and what it is about. */
  readonly title: string;
  /**
   * `nothing`: the rows hold of every server. `module`: of every server that has the module version that the runner
   * names. `fixtures`: they need the upstream of `fixtures.ts`, and so our own stack.
   */
  readonly needs: 'nothing' | 'module' | 'fixtures';
  /** `alone`: the second gateway of the stack, below /go, whose lists are always old and whose Redis is away. */
  readonly gateway?: 'main' | 'alone';
  /** Whether every row must be answered without an upstream's request and without a job. */
  readonly quiet?: boolean;
  readonly rows: readonly Row[];
}

type Headers = Readonly<Record<string, string>>;
type Rest = Omit<Expected, 'status'>;

/** A row of one request in parts. */
export function row(rule: string, request: Parts, status: number, rest: Rest = {}): Row {
  return { rule, request, methods: [request.method], expected: [{ status, ...rest }] };
}

/** A row of raw bytes, answered once for each expectation. */
export function rawRow(rule: string, text: string, ...expected: (Expected & { readonly method?: string })[]): Row {
  return { rule, request: text, methods: expected.map(({ method = 'GET' }) => method), expected };
}

/** A row of a path that must be 404. */
export function refused(rule: string, target: string): Row {
  return row(rule, get(target), 404);
}

export function get(target: string, headers: Headers = {}): Parts {
  return { method: 'GET', target, headers };
}

export function head(target: string, headers: Headers = {}): Parts {
  return { method: 'HEAD', target, headers };
}
