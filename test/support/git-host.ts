import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';

import { type ForwardedRequest, type ForwardProxy, startForwardProxy } from './forward-proxy.js';
import { answerWithGit } from './git-backend.js';
import { type GitCertificate, gitCertificate } from './git-certificate.js';
import { GitRepository, type GitStep } from './git-repository.js';

/** A path under which the host lets requests hang. */
export interface Hang {
  /** Settles when the first request hangs. */
  readonly arrived: Promise<void>;
  /** Settles when the client of that request is gone. */
  readonly abandoned: Promise<void>;
}

/** What git asks of a repository: which branches and tags it has, or the objects of some. */
export type GitQuestion = 'refs' | 'transfer';

/** A path under which the host holds a question back. */
export interface Hold {
  /** Settles when the first such question waits. */
  readonly arrived: Promise<void>;
  /** Lets it and all later ones pass. */
  release(): void;
}

/** How the host counts the transfers of objects. */
export interface Transfers {
  /** Of all repositories, so far. */
  count: number;
  /** Under way now, and most at once so far. */
  running: number;
  most: number;
}

/**
 * Version control hosts of the outside world, on loopback: `?go-get=1` pages and real git over smart HTTP, for
 * repositories of any name (`example.com/team/mod`). It is hermetic: `env` points go and git to it as their proxy, so
 * that no name is looked up and nothing leaves the machine.
 *
 * ```ts
 * const host = await GitHost.start();
 * await host.createRepo('example.com/mod', [{ files: { 'go.mod': 'module example.com/mod\n' }, tags: ['v1.0.0'] }]);
 * // a worker of its own process: STOA_GO_ENV=host.goEnvSetting, GOPROXY=direct
 * // a DirectFetcher: { go: { ..., GOINSECURE: '*', extra: host.env } }
 * await host.close();
 * ```
 *
 * How it works: the go command asks `https://example.com/mod?go-get=1` through HTTPS_PROXY, gets 405 for its CONNECT,
 * and because of GOINSECURE asks again over http, which the proxy answers itself.
 */
export class GitHost {
  /** Each request: method, host, path and query. */
  readonly requests: string[] = [];
  readonly transfers: Transfers = { count: 0, running: 0, most: 0 };
  private readonly repos = new Map<string, GitRepository>();
  private readonly passwords = new Map<string, string>();
  private readonly failures = new Map<string, { readonly status: number; readonly text: string }>();
  private readonly hangs = new Map<string, Record<keyof Hang, PromiseWithResolvers<void>>>();
  private readonly holds = new Map<string, Record<'arrived' | 'passed', PromiseWithResolvers<void>>>();
  /** Import path to system and URL of its repository, where that is another's. */
  private readonly vanities = new Map<string, string>();
  /** Page path to the only Authorization header that it takes. */
  private readonly pagePasswords = new Map<string, string>();
  private proxy!: ForwardProxy;

  private constructor(
    readonly root: string,
    private readonly certificate: GitCertificate | null,
    private readonly bandwidth: number,
  ) {}

  /**
   * `tls`: the hosts speak https, with a certificate that `env` has go and git trust. `bandwidth`: bytes a second of
   * what git sends, for a benchmark.
   */
  static async start({ tls = false, bandwidth = Infinity } = {}): Promise<GitHost> {
    const root = await mkdtemp(join(tmpdir(), 'git-host-'));
    const host = new GitHost(root, tls ? await gitCertificate(root) : null, bandwidth);
    host.proxy = await startForwardProxy((forwarded) => host.answer(forwarded), host.certificate ?? undefined);
    return host;
  }

  /** `http://127.0.0.1:port`, the address of the proxy that plays the hosts. */
  get url(): string {
    return this.proxy.url;
  }

  /** What a worker's go command (and git under it) needs to reach the host and nothing else. */
  get env(): Readonly<Record<string, string>> {
    const { file } = this.certificate ?? {};
    return { ...this.proxy.env, ...(file ? { SSL_CERT_FILE: file } : { GOINSECURE: '*' }) };
  }

  /** `env` in the form of STOA_GO_ENV. */
  get goEnvSetting(): string {
    return Object.entries(this.env)
      .map(([key, value]) => `${key}=${value}`)
      .join(';');
  }

  /** Makes a repository whose root is the module path `path`, such as `example.com/mod`. */
  async createRepo(path: string, steps: readonly GitStep[] = []): Promise<GitRepository> {
    const repo = await GitRepository.create(join(this.root, path));
    if (steps.length > 0) await repo.push(...steps);
    this.repos.set(path, repo);
    return repo;
  }

  /** Says on the page of an import path that its repository is elsewhere: `https://git.example.com/team/mod`. */
  createVanity(path: string, url: string, system = 'git'): void {
    this.vanities.set(path, `${system} ${url}`);
  }

  /** Asks for basic authentication in front of a repository (its go-get page stays open, as on real hosts). */
  requireLogin(path: string, user: string, password: string): void {
    this.passwords.set(path, basic(user, password));
  }

  /** Asks for an Authorization header in front of a go-get page too. */
  requireLoginForPage(path: string, authorization: string): void {
    this.pagePasswords.set(path, authorization);
  }

  /** Holds back what git asks of a repository, until it is released. */
  hold(path: string, question: GitQuestion): Hold {
    const hold = { arrived: Promise.withResolvers<void>(), passed: Promise.withResolvers<void>() };
    this.holds.set(`${question} ${path}`, hold);
    return { arrived: hold.arrived.promise, release: () => hold.passed.resolve() };
  }

  /** Answers every request under a path with a status, until given 0; only git's requests when there is a text to repeat. */
  fail(path: string, status: number, text = ''): void {
    this.failures.set(path, { status, text });
  }

  /** Lets git requests to a repository hang for ever. */
  hang(path: string): Hang {
    const hang = { arrived: Promise.withResolvers<void>(), abandoned: Promise.withResolvers<void>() };
    this.hangs.set(path, hang);
    return { arrived: hang.arrived.promise, abandoned: hang.abandoned.promise };
  }

  async close(): Promise<void> {
    await this.proxy.close();
    await rm(this.root, { recursive: true, force: true });
  }

  private async answer({ target, request, response }: ForwardedRequest): Promise<void> {
    const asked = `${target.hostname}${target.pathname}`;
    this.requests.push(`${request.method} ${asked}${target.search}`);
    const vanity = longestPrefix(this.vanities.keys(), asked);
    if (vanity && target.searchParams.has('go-get')) {
      return void response.end(importPage(vanity, this.vanities.get(vanity) ?? ''));
    }
    const repo = longestPrefix(this.repos.keys(), asked);
    const { status = 0, text = '' } = this.failures.get(repo ?? asked) ?? {};
    if (status > 0 && !(text && target.searchParams.has('go-get'))) {
      return void response.writeHead(status, { 'Content-Type': 'text/plain' }).end(text);
    }
    if (!repo) return void response.writeHead(404).end();
    if (target.searchParams.has('go-get')) {
      const wanted = this.pagePasswords.get(repo);
      if (wanted && request.headers.authorization !== wanted) return void response.writeHead(401).end();
      return void response.end(importPage(repo, `git ${target.protocol}//${repo}`));
    }

    const hang = this.hangs.get(repo);
    if (hang) {
      response.once('close', () => hang.abandoned.resolve());
      return hang.arrived.resolve();
    }
    const password = this.passwords.get(repo);
    if (password && request.headers.authorization !== password) {
      return void response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="git"' }).end();
    }
    const body = await buffer(request);
    const question = questionOf(request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body);
    const answering = async (): Promise<void> => {
      const hold = this.holds.get(`${question} ${repo}`);
      hold?.arrived.resolve();
      await hold?.passed.promise;
      await answerWithGit(this.root, `/${asked}`, target.search.slice(1), request, body, response, this.bandwidth);
    };
    await (question === 'transfer' ? this.counted(answering) : answering());
  }

  private async counted(transfer: () => Promise<void>): Promise<void> {
    const { transfers } = this;
    transfers.count++;
    transfers.most = Math.max(transfers.most, ++transfers.running);
    await transfer().finally(() => transfers.running--);
  }
}

function questionOf(body: Buffer): GitQuestion | null {
  const [, command] = /^[0-9a-f]{4}command=(\S+?)(?:\n|[0-9a-f]{4})/.exec(body.toString('latin1', 0, 100)) ?? [];
  return command === 'ls-refs' ? 'refs' : command === 'fetch' ? 'transfer' : null;
}

/** The longest of some paths that a path is, or is below. */
function longestPrefix(prefixes: Iterable<string>, path: string): string | undefined {
  return [...prefixes]
    .filter((prefix) => path === prefix || path.startsWith(`${prefix}/`))
    .sort((a, b) => b.length - a.length)[0];
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

function importPage(prefix: string, repository: string): string {
  return `<html><head><meta name="go-import" content="${prefix} ${repository}"></head></html>\n`;
}
