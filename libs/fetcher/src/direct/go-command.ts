import { readFile } from 'node:fs/promises';

import type { GoConfig, VcsCredentials } from '#libs/config';
import type { Metrics } from '#libs/observability';
import { errorCode, LacksError, RefusalError, untilAborted } from '#libs/protocol';
import type { DownloadContext, FetchContext } from '../fetcher.js';
import type { ForwardProxy } from '../guard/forward-proxy.js';
import { classify, failureText, moduleOf } from './classify.js';
import { type Finished, runCommand } from './command.js';
import { checkGitConfig, checkSshKey } from './credential-checks.js';
import { goModPaths, hasLostGoMod, type KeptSource } from './damaged-repository.js';
import { buildEnvironment, goFolders, type GoFolders } from './environment.js';
import type { Cause } from './failure-table.js';
import { type GoAnswer, type Origin, parseGoAnswer, readOrigin } from './go-answer.js';
import { furnishHome } from './home.js';
import { sweepJobCaches, withJobCache } from './job-cache.js';
import { mendRepositories } from './kept-repositories.js';
import { findPaths, withoutPaths } from './local-paths.js';
import type { Log } from './log.js';
import { damaged, GoRefusal, RepositoryHealer } from './repository-healer.js';
import { findSecrets, withoutSecrets } from './secrets.js';
import { Semaphore } from './semaphore.js';
import { sshFiles } from './ssh-config.js';
import { VcsCache } from './vcs-cache.js';

/** What the go command is run with. */
export interface GoCommandOptions {
  readonly go: GoConfig;
  readonly vcs: VcsCredentials;
  /** Absolute. Several workers may share it. */
  readonly dataDir: string;
  /** How many `go mod download` run at once; queries have as many slots of their own. */
  readonly concurrency: number;
  /** Bytes: what the kept repositories may have. */
  readonly vcsCache: number;
  readonly metrics: Metrics;
  /** The only way out, open before this is made. */
  readonly proxy: ForwardProxy;
  readonly log?: Log;
}

/** One question to the go command. */
interface Question<T> {
  readonly command: 'list' | 'download';
  readonly args: readonly string[];
  /** What is asked about, as it stands in a refusal. */
  readonly subject: string;
  /** Where its module cache is made. */
  readonly parent: string;
  readonly context: FetchContext;
  /** Takes what is wanted of the answer, and of the files that it names, which vanish afterwards. */
  readonly read: (answer: GoAnswer) => Promise<T>;
}

/** What the system says of a program that is not there, or is none. */
const NOT_STARTED: ReadonlySet<string> = new Set(['ENOENT', 'EACCES', 'ENOEXEC', 'ENOTDIR']);

/** What a damaged kept repository may have brought: not what a host says, nor what comes of the way to it. */
const SUSPECT: ReadonlySet<Cause> = new Set(['worker', 'version', 'unknown']);

const NEVER = new AbortController().signal;

/** The go command with folders, credentials and an environment of its own, and a bounded number of runs at once. */
export class GoCommand {
  readonly folders: GoFolders;
  private readonly env: Readonly<Record<string, string>>;
  private readonly slots: Readonly<Record<'list' | 'download', Semaphore>>;
  private readonly kept: VcsCache;
  private readonly healer: RepositoryHealer;
  private secrets: readonly string[] = [];
  private paths: readonly string[] = [];
  private opening: Promise<void> | null = null;

  constructor(private readonly options: GoCommandOptions) {
    const { go, dataDir, concurrency, vcsCache: budget, metrics, proxy, log } = options;
    this.folders = goFolders(dataDir);
    this.env = buildEnvironment(go, this.folders, proxy.environment);
    this.slots = { list: new Semaphore(concurrency), download: new Semaphore(concurrency) };
    this.kept = new VcsCache({ folder: this.folders.vcs, budget, env: this.env, metrics, log });
    this.healer = new RepositoryHealer({ kept: this.kept, vcs: this.folders.vcs, env: this.env, log });
  }

  /** Makes the folders, copies the credentials and mends what a crash left, once. Throws when that can't be done, or a key is of no use. */
  async open(signal = NEVER): Promise<void> {
    this.opening ??= this.prepare(signal).catch((error: unknown) => {
      this.opening = null;
      throw error;
    });
    return this.opening;
  }

  /** What `go version` says, such as `go1.26.8 linux/amd64`; null when there is none that answers before the abort. */
  async version(signal: AbortSignal): Promise<string | null> {
    await this.open(signal);
    const finished = await this.start(['version'], signal).catch(() => null);
    return finished?.code === 0 ? finished.stdout.trim().replace(/^go version /, '') : null;
  }

  /** Runs `go list -m -e -json`. Throws a RefusalError about `subject`. */
  async list<T>(
    flags: readonly string[],
    target: string,
    subject: string,
    context: FetchContext,
    read: (answer: GoAnswer) => Promise<T>,
  ): Promise<T> {
    // With -e it says of a failure, too, which repository it looked into; with -v, how each protocol failed.
    const args = ['list', '-m', '-e', '-v', ...flags, '-json', '--', target];
    return this.ask({ command: 'list', args, subject, parent: this.folders.jobs, context, read });
  }

  /** Runs `go mod download -json` in a job's scratch folder. Throws a RefusalError about the target. */
  async download<T>(target: string, context: DownloadContext, read: (answer: GoAnswer) => Promise<T>): Promise<T> {
    const args = ['mod', 'download', '-json', '--', target];
    return this.ask({ command: 'download', args, subject: target, parent: context.scratch, context, read });
  }

  private async ask<T>(question: Question<T>): Promise<T> {
    const { command, subject, context } = question;
    await this.open(context.signal);
    const run = (): Promise<T> => this.kept.undisturbed(subject, context.signal, () => this.run(question));
    return this.slots[command].run(context.signal, async () => {
      try {
        return await this.healer.believable(subject, context, run);
      } finally {
        this.kept.tidySoon();
      }
    });
  }

  private async run<T>(question: Question<T>): Promise<T> {
    const { command, args, subject, parent, context, read } = question;
    const { proxy } = this.options;
    let outcome = 'internal';
    try {
      return await withJobCache(parent, this.folders.vcs, async (modules) => {
        const insecure = this.env['GOINSECURE'] ?? '';
        const way = proxy.environmentFor(moduleOf(subject), insecure);
        const env = { GOMODCACHE: modules, ...(await untilAborted(way, context.signal)) };
        const finished = await this.start(args, context.signal, env);
        // A failed command says why in its JSON, and may still have made some of the files.
        const answer = parseGoAnswer(finished.stdout);
        const origin = answer && readOrigin(answer);
        if (origin) await this.kept.used(origin.url);
        const text = failureText(answer?.error, finished.stderr);
        const source = this.sourceOf(text, origin, moduleOf(subject));
        if (finished.code !== 0 || !answer || answer.error) throw this.refusal(question, finished, text, source);
        if (await this.isMadeUp(answer, source, subject, context.signal)) throw damaged(subject, source);
        const wanted = await read(answer);
        outcome = 'ok';
        return wanted;
      });
    } catch (caught) {
      const error = notStarted(caught) ? new LacksError(`${subject}: this worker has no go command`) : caught;
      if (context.signal.aborted) outcome = 'aborted';
      else if (error instanceof RefusalError) outcome = error.kind;
      // A git that was ended may have left the kept repository unusable.
      if (['aborted', 'busy'].includes(outcome)) await mendRepositories(this.folders.vcs, this.env);
      throw error;
    } finally {
      this.options.metrics.goCommands.inc({ command, outcome });
    }
  }

  /**
   * The kept repository that go looked into: as it says itself, or as it names the folder where git failed. Null where
   * it does neither; before go 1.22 that is so when a go.mod is not there.
   */
  private sourceOf(text: string, origin: Origin | null, module: string): KeptSource | null {
    const repository = origin ? this.kept.folderOf(origin.url) : this.kept.folderIn(text);
    if (repository === null) return null;
    return { repository, commit: origin?.commit, goMods: goModPaths(module, origin?.folder ?? '') };
  }

  /**
   * Tells whether a go.mod is the one that go makes up, for a module that has none (cmd/go/internal/modfetch,
   * LegacyGoMod), because git could not read the real one in a damaged repository.
   */
  private async isMadeUp(
    answer: GoAnswer,
    source: KeptSource | null,
    subject: string,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (!source || !answer.mod) return false;
    if ((await readFile(answer.mod, 'utf8')) !== `module ${moduleOf(subject)}\n`) return false;
    return hasLostGoMod(source, this.env, signal);
  }

  private refusal(
    { subject, context: { requestId } }: Question<unknown>,
    { code }: Finished,
    text: string,
    source: KeptSource | null,
  ): RefusalError {
    // Nobody here ended it: the system did, for want of memory most likely.
    if (code === null) return new LacksError(`${subject}: the go command was killed`);
    const told = withoutPaths(text, this.paths);
    // Twice: a password may be a word by which a failure is known, and a reason that is cut would hide half of a secret.
    const { kind, cause } = classify(told, subject);
    const { reason } = classify(withoutSecrets(told, this.secrets), subject);
    this.options.log?.(cause === 'worker' || cause === 'credentials' ? 'warn' : 'info', 'go command failed', {
      subject,
      kind,
      cause,
      reason,
      requestId,
      code,
      text: withoutSecrets(text, this.secrets),
    });
    const message = `${subject}: ${reason}`;
    return kind === 'busy' ? new LacksError(message) : new GoRefusal(kind, message, SUSPECT.has(cause) ? source : null);
  }

  private async start(
    args: readonly string[],
    signal: AbortSignal,
    env: Readonly<Record<string, string>> = {},
  ): Promise<Finished> {
    const { binary } = this.options.go;
    return runCommand({ binary, args, cwd: this.folders.empty, env: { ...this.env, ...env } }, signal);
  }

  private async prepare(signal: AbortSignal): Promise<void> {
    this.secrets = await findSecrets(this.options.vcs, this.options.go);
    await furnishHome(this.folders, this.options.vcs, this.env);
    this.paths = await findPaths(this.options.dataDir, this.options.vcs, this.env);
    const { sshKeyFile, gitConfigFile } = this.options.vcs;
    if (sshKeyFile) await checkSshKey(sshFiles(this.folders.home).key, this.env, signal);
    // Past the generated configuration, which includes it: git would fail there first.
    if (gitConfigFile) await checkGitConfig(gitConfigFile, { ...this.env, GIT_CONFIG_GLOBAL: '/dev/null' }, signal);
    await mendRepositories(this.folders.vcs, this.env);
    await sweepJobCaches(this.folders.jobs);
    // Go keeps its telemetry mode in a file below HOME; the environment variable can't set it. Absent before go 1.23.
    await this.start(['telemetry', 'off'], signal).catch(() => null);
  }
}

function notStarted(error: unknown): boolean {
  return (
    error instanceof Error &&
    'syscall' in error &&
    String(error.syscall).startsWith('spawn') &&
    NOT_STARTED.has(errorCode(error) ?? '')
  );
}
