import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** First commit of every repository, UTC; each later one is a minute younger. */
const FIRST_COMMIT = Date.UTC(2026, 0, 1);
const GOPHER = 'Gopher <gopher@example.com>';

/** The environment of the fixture's own git commands: no settings of the machine, which could sign or hook. */
export function fixtureGitEnv(): Record<string, string | undefined> {
  return { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', LC_ALL: 'C' };
}

/** A symbolic link in place of a file's content. */
export interface GitLink {
  readonly link: string;
}

/** A commit of another repository in place of a file: a submodule. */
export interface GitSubmodule {
  readonly commit: string;
}

/** One commit and what points to it. */
export interface GitStep {
  /** Path to content; `null` removes the file. Files not named stay. */
  readonly files: Readonly<Record<string, string | GitLink | GitSubmodule | null>>;
  /** Default: `main`. A new branch begins at the tip of `main`. */
  readonly branch?: string;
  readonly tags?: readonly string[];
  /** Tags with a message, made an hour after the commit. */
  readonly annotated?: readonly string[];
}

/** A bare repository, filled by `git fast-import`: one process for any number of commits, no work tree. */
export class GitRepository {
  private commits = 0;
  /** Branch to the hash of its newest commit; while a push is written, to that commit's mark. */
  private readonly tips = new Map<string, string>();

  private constructor(readonly folder: string) {}

  static async create(folder: string): Promise<GitRepository> {
    await mkdir(folder, { recursive: true });
    await run('git', ['init', '-q', '--bare', '--initial-branch=main', folder], { env: fixtureGitEnv() });
    return new GitRepository(folder);
  }

  /** Adds commits in order and gives their full hashes. */
  async push(...steps: readonly GitStep[]): Promise<string[]> {
    const lines: string[] = [];
    for (const [index, step] of steps.entries()) lines.push(...this.importLines(step, index + 1));
    for (let mark = 1; mark <= steps.length; mark++) lines.push(`get-mark :${mark}`);

    const child = spawn('git', ['--git-dir', this.folder, 'fast-import', '--quiet', '--force', '--cat-blob-fd=1'], {
      env: fixtureGitEnv(),
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const output: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stdin.end(`${lines.join('\n')}\n`);
    await once(child, 'close');
    if (child.exitCode !== 0) throw new Error(`git fast-import ended with ${child.exitCode}`);
    const hashes = Buffer.concat(output).toString().trim().split('\n');
    for (const [branch, tip] of this.tips) {
      if (tip.startsWith(':')) this.tips.set(branch, hashes[Number(tip.slice(1)) - 1] ?? tip);
    }
    return hashes;
  }

  /** Moves or makes a tag. */
  async tag(name: string, commit: string): Promise<void> {
    await run('git', ['--git-dir', this.folder, 'tag', '--force', name, commit], { env: fixtureGitEnv() });
  }

  /** Removes a tag. */
  async untag(name: string): Promise<void> {
    await run('git', ['--git-dir', this.folder, 'tag', '--delete', name], { env: fixtureGitEnv() });
  }

  private importLines(step: GitStep, mark: number): string[] {
    const branch = step.branch ?? 'main';
    const seconds = FIRST_COMMIT / 1000 + 60 * this.commits++;
    const message = `commit ${this.commits}`;
    const parent = this.tips.get(branch) ?? this.tips.get('main');
    const lines = [
      `commit refs/heads/${branch}`,
      `mark :${mark}`,
      `committer ${GOPHER} ${seconds} +0000`,
      ...data(message),
    ];
    if (parent) lines.push(`from ${parent}`);
    for (const [path, content] of Object.entries(step.files)) {
      if (content === null) lines.push(`D ${path}`);
      else if (typeof content === 'string') lines.push(`M 100644 inline ${path}`, ...data(content));
      else if ('commit' in content) lines.push(`M 160000 ${content.commit} ${path}`);
      else lines.push(`M 120000 inline ${path}`, ...data(content.link));
    }
    for (const tag of step.tags ?? []) lines.push(`reset refs/tags/${tag}`, `from :${mark}`, '');
    for (const tag of step.annotated ?? []) {
      lines.push(`tag ${tag}`, `from :${mark}`, `tagger ${GOPHER} ${seconds + 3600} +0000`, ...data(`release ${tag}`));
    }
    this.tips.set(branch, `:${mark}`);
    return lines;
  }
}

/** Content as `git fast-import` reads it. */
function data(text: string): string[] {
  return [`data ${Buffer.byteLength(text)}`, text];
}
