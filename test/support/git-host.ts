import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type ForwardedRequest, type ForwardProxy, startForwardProxy } from './forward-proxy.js';
import { answerWithGit } from './git-backend.js';
import { GitRepository, type GitStep } from './git-repository.js';

/** A path under which the host lets requests hang. */
export interface Hang {
  /** Settles when the first request hangs. */
  readonly arrived: Promise<void>;
  /** Settles when the client of that request is gone. */
  readonly abandoned: Promise<void>;
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
  private readonly repos = new Map<string, GitRepository>();
  private readonly passwords = new Map<string, string>();
  private readonly failures = new Map<string, number>();
  private readonly hangs = new Map<string, Record<keyof Hang, PromiseWithResolvers<void>>>();
  private proxy!: ForwardProxy;

  private constructor(private readonly root: string) {}

  static async start(): Promise<GitHost> {
    const host = new GitHost(await mkdtemp(join(tmpdir(), 'git-host-')));
    host.proxy = await startForwardProxy((forwarded) => host.answer(forwarded));
    return host;
  }

  /** `http://127.0.0.1:port`, the address of the proxy that plays the hosts. */
  get url(): string {
    return this.proxy.url;
  }

  /** What the go command (and git under it) needs to reach the host and nothing else. */
  get env(): Readonly<Record<string, string>> {
    return { ...this.proxy.env, GOINSECURE: '*' };
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

  /** Asks for basic authentication in front of a repository (its go-get page stays open, as on real hosts). */
  requireLogin(path: string, user: string, password: string): void {
    this.passwords.set(path, `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`);
  }

  /** Answers every request under a path with a status, until given 0. */
  fail(path: string, status: number): void {
    this.failures.set(path, status);
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
    const repo = this.repoOf(asked);
    const status = this.failures.get(repo ?? asked) ?? 0;
    if (status > 0) return void response.writeHead(status).end();
    if (!repo) return void response.writeHead(404).end();
    if (target.searchParams.has('go-get')) return void response.end(importPage(repo));

    const hang = this.hangs.get(repo);
    if (hang) {
      response.once('close', () => hang.abandoned.resolve());
      return hang.arrived.resolve();
    }
    const password = this.passwords.get(repo);
    if (password && request.headers.authorization !== password) {
      return void response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="git"' }).end();
    }
    await answerWithGit(this.root, `/${asked}`, target.search.slice(1), request, response);
  }

  /** The longest repository that is a prefix of a path. */
  private repoOf(path: string): string | undefined {
    return [...this.repos.keys()]
      .filter((repo) => path === repo || path.startsWith(`${repo}/`))
      .sort((a, b) => b.length - a.length)[0];
  }
}

function importPage(repo: string): string {
  return `<html><head><meta name="go-import" content="${repo} git http://${repo}"></head></html>\n`;
}
