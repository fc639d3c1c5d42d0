import { join } from 'node:path';

import type { GoConfig, VcsCredentials } from '#libs/config';
import type { Metrics } from '#libs/observability';
import { RefusalError } from '#libs/protocol';
import { plainHttpRule } from '../guard/child-environment.js';
import type { ForwardProxy } from '../guard/forward-proxy.js';
import { classify } from './classify.js';
import { type Finished, runCommand } from './command.js';
import { buildEnvironment, goFolders, type GoFolders } from './environment.js';
import { type GoAnswer, parseGoAnswer } from './go-answer.js';
import { furnishHome } from './home.js';
import { mendRepositories } from './kept-repositories.js';
import { Semaphore } from './semaphore.js';

/** Takes a log line. Fields hold no secret. */
export type Log = (level: 'debug' | 'warn', message: string, fields: Readonly<Record<string, unknown>>) => void;

/** What the go command is run with. */
export interface GoCommandOptions {
  readonly go: GoConfig;
  readonly vcs: VcsCredentials;
  /** Absolute. Several workers may share it. */
  readonly dataDir: string;
  /** How many `go mod download` run at once; queries have as many slots of their own. */
  readonly concurrency: number;
  readonly metrics: Metrics;
  /** The only way out, open before this is made. */
  readonly proxy: ForwardProxy;
  readonly log?: Log;
}

/** What the system says of a program that is not there, or is none. */
const NOT_STARTED: ReadonlySet<string> = new Set(['ENOENT', 'EACCES', 'ENOEXEC', 'ENOTDIR']);

const NEVER = new AbortController().signal;

/** The go command with folders, credentials and an environment of its own, and a bounded number of runs at once. */
export class GoCommand {
  readonly folders: GoFolders;
  private readonly env: Readonly<Record<string, string>>;
  private readonly slots: Readonly<Record<'list' | 'download', Semaphore>>;
  private opening: Promise<void> | null = null;

  constructor(private readonly options: GoCommandOptions) {
    const { go, vcs, dataDir, concurrency, proxy } = options;
    this.folders = goFolders(dataDir);
    this.env = buildEnvironment(go, vcs, this.folders, proxy.environment);
    this.slots = { list: new Semaphore(concurrency), download: new Semaphore(concurrency) };
  }

  /** Makes the folders, copies the credentials and mends what a crash left, once. Throws when that can't be done. */
  async open(): Promise<void> {
    this.opening ??= this.prepare().catch((error: unknown) => {
      this.opening = null;
      throw error;
    });
    return this.opening;
  }

  /** What `go version` says, such as `go1.26.8 linux/amd64`; null when there is no go command. */
  async version(): Promise<string | null> {
    await this.open();
    const finished = await this.run(['version'], NEVER).catch(() => null);
    return finished?.code === 0 ? finished.stdout.trim().replace(/^go version /, '') : null;
  }

  /** Runs `go list -m -json`. Throws a RefusalError about `subject`. */
  async list(flags: readonly string[], target: string, subject: string, signal: AbortSignal): Promise<GoAnswer> {
    return this.answer('list', ['list', '-m', ...flags, '-json', '--', target], subject, signal);
  }

  /** Runs `go mod download -json` with a module cache. Throws a RefusalError about the target. */
  async download(target: string, modules: string, signal: AbortSignal): Promise<GoAnswer> {
    return this.answer('download', ['mod', 'download', '-json', '--', target], target, signal, { GOMODCACHE: modules });
  }

  private async answer(
    command: 'list' | 'download',
    args: readonly string[],
    subject: string,
    signal: AbortSignal,
    env: Readonly<Record<string, string>> = {},
  ): Promise<GoAnswer> {
    await this.open();
    return this.slots[command].run(signal, async () => {
      let outcome = 'internal';
      try {
        const plainHttp = plainHttpRule(subject.replace(/@.*$/s, ''), this.env['GOINSECURE'] ?? '');
        const finished = await this.run(args, signal, { ...env, ...plainHttp });
        // A failed download says why in its JSON, and may still have made some of the files.
        const answer = parseGoAnswer(finished.stdout);
        if (finished.code !== 0 || !answer || answer.error) throw this.refusal(finished, answer, subject);
        outcome = 'ok';
        return answer;
      } catch (caught) {
        const error = notStarted(caught)
          ? new RefusalError('busy', `${subject}: this worker has no go command`)
          : caught;
        if (signal.aborted) outcome = 'aborted';
        else if (error instanceof RefusalError) outcome = error.kind;
        // A git that was ended, here or with another worker, may have left the kept repository unusable.
        if (outcome === 'aborted' || outcome === 'internal') await this.mend();
        throw error;
      } finally {
        this.options.metrics.goCommands.inc({ command, outcome });
      }
    });
  }

  private refusal(finished: Finished, answer: GoAnswer | null, subject: string): RefusalError {
    const text = answer?.error ?? finished.stderr;
    const { kind, reason } = classify(text, subject);
    const level = kind === 'internal' || kind === 'busy' ? 'warn' : 'debug';
    this.options.log?.(level, 'go command failed', {
      subject,
      kind,
      code: finished.code,
      text: withoutCredentials(text),
    });
    return new RefusalError(kind, `${subject}: ${reason}`);
  }

  private async run(
    args: readonly string[],
    signal: AbortSignal,
    env: Readonly<Record<string, string>> = {},
  ): Promise<Finished> {
    const { binary } = this.options.go;
    return runCommand({ binary, args, cwd: this.folders.empty, env: { ...this.env, ...env } }, signal);
  }

  private async prepare(): Promise<void> {
    await furnishHome(this.folders, this.options.vcs, this.env['GOINSECURE'] !== '');
    await this.mend();
    // Go keeps its telemetry mode in a file below HOME; the environment variable can't set it. Absent before go 1.23.
    await this.run(['telemetry', 'off'], NEVER).catch(() => null);
  }

  private async mend(): Promise<void> {
    await mendRepositories(join(this.folders.modules, 'cache', 'vcs'), this.env);
  }
}

function notStarted(error: unknown): boolean {
  return (
    error instanceof Error &&
    'syscall' in error &&
    String(error.syscall).startsWith('spawn') &&
    'code' in error &&
    NOT_STARTED.has(String(error.code))
  );
}

/** Git repeats URLs, which may hold a password (from an `insteadOf`). */
function withoutCredentials(text: string): string {
  return text.replaceAll(/(:\/\/)[^/\s@]+@/g, '$1***@');
}
