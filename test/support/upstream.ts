import { once } from 'node:events';
import {
  createServer as createHttpServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { chooseLatest, escapePath, escapeVersion, isPseudoVersion } from '#libs/protocol';
import { moduleZip, type Files } from './module-zip.js';

/** A request that reached the upstream. */
export interface UpstreamRequest {
  readonly method: string;
  /** Percent-decoded, without query. */
  readonly path: string;
  /** As it came: path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/** Files of a version; what is left out is made up, null is a 404. `files` are those of the zip besides go.mod. */
export interface UpstreamVersion {
  readonly info?: string | object | null;
  readonly mod?: string | null;
  readonly files?: Files;
  readonly zip?: Buffer | null;
}

/** Answers in place of the files: some are made below (`status`, `page`, `hang`, ...). `serve` answers as if unscripted. */
export type Script = (request: IncomingMessage, response: ServerResponse, serve: () => void) => void | Promise<void>;

export interface UpstreamOptions {
  /** Milliseconds before each answer. */
  readonly latency?: number;
  /** Serves https. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** Starts a GOPROXY on loopback whose files and faults a test sets: see FakeUpstream. */
export async function startUpstream(options: UpstreamOptions = {}): Promise<FakeUpstream> {
  const upstream = new FakeUpstream(options);
  await upstream.listen();
  return upstream;
}

/** A programmable GOPROXY: holds what `add` and its kin gave it, counts what is asked, misbehaves where `respond` says so. */
export class FakeUpstream {
  /** Requests so far by percent-decoded path: `/github.com/!azure/x/@v/list`. */
  readonly counts = new Map<string, number>();
  /** All requests in the order of their arrival. */
  readonly requests: UpstreamRequest[] = [];
  private readonly files = new Map<string, string | Buffer | null>();
  private readonly versions = new Map<string, Set<string>>();
  private readonly scripts: { readonly prefix: string; readonly script: Script }[] = [];
  private readonly server;

  constructor(private readonly options: UpstreamOptions) {
    const answer = (request: IncomingMessage, response: ServerResponse): void => {
      this.answer(request, response).catch(() => response.destroy());
    };
    this.server = options.tls ? createHttpsServer(options.tls, answer) : createHttpServer(answer);
  }

  /** `http://127.0.0.1:<port>`, or https. */
  get url(): string {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('the upstream does not listen');
    return `${this.options.tls ? 'https' : 'http'}://127.0.0.1:${address.port}`;
  }

  async listen(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
  }

  /** Adds a version, which list and `@latest` then name (a pseudo-version only `@latest`, while nothing is tagged). */
  add(module: string, version: string, { info, mod, files, zip }: UpstreamVersion = {}): this {
    const goMod = mod ?? `module ${module}\n`;
    const infoText = info ?? { Version: version, Time: '2024-01-02T03:04:05Z' };
    const base = `/${escapePath(module)}/@v/${escapeVersion(version)}`;
    this.files.set(
      `${base}.info`,
      info === null ? null : typeof infoText === 'string' ? infoText : JSON.stringify(infoText),
    );
    this.files.set(`${base}.mod`, mod === null ? null : goMod);
    this.files.set(
      `${base}.zip`,
      zip === undefined ? moduleZip({ module, version }, { 'go.mod': goMod, ...files }) : zip,
    );
    this.versions.set(module, (this.versions.get(module) ?? new Set()).add(version));
    return this;
  }

  /** Sets the list of a module, whatever versions it has; null is a 404. */
  addList(module: string, list: readonly string[] | string | null): this {
    const text = typeof list === 'string' || list === null ? list : list.map((version) => `${version}\n`).join('');
    return this.addFile(`/${escapePath(module)}/@v/list`, text);
  }

  /** Sets `@latest` of a module; null is a 404. */
  addLatest(module: string, info: object | string | null): this {
    return this.addFile(
      `/${escapePath(module)}/@latest`,
      typeof info === 'object' && info ? JSON.stringify(info) : info,
    );
  }

  /** Makes a branch, tag or commit resolve to a version. */
  addRevision(module: string, query: string, info: object | string): this {
    return this.addFile(
      `/${escapePath(module)}/@v/${escapeVersion(query)}.info`,
      typeof info === 'string' ? info : JSON.stringify(info),
    );
  }

  /** Proxies a checksum database: `supported` is 200, the answers are by path (`lookup/example.com/m@v1.0.0`). */
  addSumdb(name: string, answers: Files = {}): this {
    for (const [path, body] of Object.entries({ supported: '', ...answers }))
      this.addFile(`/sumdb/${name}/${path}`, body);
    return this;
  }

  /** Sets any file by its percent-decoded path; null is a 404. */
  addFile(path: string, body: string | Buffer | null): this {
    this.files.set(path, body);
    return this;
  }

  /** Scripts the answers to all paths that begin with `pathPrefix`; the latest script that fits wins. */
  respond(pathPrefix: string, script: Script): this {
    this.scripts.unshift({ prefix: pathPrefix, script });
    return this;
  }

  /** The file that a path has. Throws when there is none. */
  file(path: string): Buffer {
    const body = this.files.get(path);
    if (body === undefined || body === null) throw new Error(`the upstream has no ${path}`);
    return Buffer.from(body);
  }

  /** How often a path was asked. */
  count(path: string): number {
    return this.counts.get(path) ?? 0;
  }

  /** Ends all connections, those in use too; once more does nothing. */
  async close(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? '/';
    const path = decodeURIComponent(url.replace(/\?.*$/s, ''));
    this.counts.set(path, this.count(path) + 1);
    this.requests.push({ method: request.method ?? '', path, url, headers: request.headers });
    if (this.options.latency !== undefined) await delay(this.options.latency);

    const serve = (): void => this.serve(path, response);
    const script = this.scripts.find(({ prefix }) => path.startsWith(prefix))?.script;
    if (script) await script(request, response, serve);
    else serve();
  }

  private serve(path: string, response: ServerResponse): void {
    const body = this.files.has(path) ? this.files.get(path) : this.derived(path);
    if (body === undefined || body === null) {
      response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end(`not found: ${path.slice(1)}\n`);
      return;
    }
    response.writeHead(200, { 'content-type': typeOf(path), 'content-length': Buffer.byteLength(body) }).end(body);
  }

  /** The list and `@latest` that follow from the versions. */
  private derived(path: string): string | Buffer | null | undefined {
    for (const [module, versions] of this.versions) {
      const base = `/${escapePath(module)}`;
      const tagged = [...versions].filter((version) => !isPseudoVersion(version));
      if (path === `${base}/@v/list`) return tagged.map((version) => `${version}\n`).join('');
      if (path === `${base}/@latest`) {
        const latest = chooseLatest(tagged) ?? [...versions].at(-1) ?? '';
        return this.files.get(`${base}/@v/${escapeVersion(latest)}.info`);
      }
    }
    return undefined;
  }
}

function typeOf(path: string): string {
  if (path.endsWith('.zip')) return 'application/zip';
  return path.endsWith('.info') || path.endsWith('/@latest') ? 'application/json' : 'text/plain; charset=utf-8';
}

/** Answers with a status and a text (`text/plain` unless said). */
export function status(code: number, text = '', type = 'text/plain; charset=utf-8'): Script {
  return (_request, response) => void response.writeHead(code, { 'content-type': type }).end(text);
}

/** Answers 200 with a web page, as captive portals do. */
export function page(): Script {
  return status(200, '<!DOCTYPE html><html><body>Sign in</body></html>', 'text/html');
}

/** Redirects to a location, relative or absolute. */
export function redirect(location: string, code = 302): Script {
  return (_request, response) => void response.writeHead(code, { location }).end('moved');
}

/** Sends the first bytes of an answer with the Content-Length of the whole, then ends the connection. */
export function truncated(body: Buffer | string, bytes: number): Script {
  return (_request, response) => {
    response.writeHead(200, { 'content-length': Buffer.byteLength(body) });
    response.write(Buffer.from(body).subarray(0, bytes), () => response.destroy());
  };
}

/** Never answers, until the client goes or the upstream closes. With `start`, sends that much of an answer first. */
export function hang(start?: Buffer | string): Script {
  return (_request, response) => {
    if (start !== undefined) response.writeHead(200).write(start);
  };
}

/** Ends the connection without a word. */
export function disconnect(): Script {
  return (request) => void request.socket.destroy();
}

/** Answers as usual after some milliseconds. */
export function slow(milliseconds: number): Script {
  return async (_request, _response, serve) => {
    await delay(milliseconds);
    serve();
  };
}

/** Uses a script a number of times, and then answers as usual. */
export function times(count: number, script: Script): Script {
  let left = count;
  return (request, response, serve) => (left-- > 0 ? script(request, response, serve) : serve());
}

/** Holds the answers to a path until `release`, then answers as usual; `asked` resolves at the first request. */
export function held(): { readonly script: Script; readonly asked: Promise<void>; readonly release: () => void } {
  const asked = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  return {
    async script(_request, _response, serve) {
      asked.resolve();
      await released.promise;
      serve();
    },
    asked: asked.promise,
    release: released.resolve,
  };
}
