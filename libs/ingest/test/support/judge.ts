import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModuleVersion } from '#libs/protocol';

const SOURCE = join(import.meta.dirname, '../judge');
const OUTPUT_LIMIT = 64 << 20;

/** A zip to be judged; `extract` asks for Unzip and the hash too. */
export interface Question {
  readonly path: string;
  readonly version: ModuleVersion;
  readonly extract: boolean;
}

/** What x/mod objects to in each step; empty when nothing. */
export interface Answer {
  readonly Check: string;
  readonly Unzip: string;
  readonly Hash: string;
  /** The `h1:...` of the zip, where it could be hashed. */
  readonly H1: string;
  /** How many files Go sees in the zip. */
  readonly Files: number;
}

/** Go's own verdicts, from the program in test/judge. */
export class Judge {
  private readonly dir = mkdtempSync(join(tmpdir(), 'stoa-judge-'));
  private readonly program = join(this.dir, 'judge');

  constructor() {
    execFileSync('go', ['build', '-o', this.program, '.'], { cwd: SOURCE, stdio: 'pipe' });
  }

  zips(questions: readonly Question[]): Answer[] {
    const input = questions.map(({ path, version, extract }) =>
      JSON.stringify({ Path: path, Module: version.module, Version: version.version, Extract: extract }),
    );
    return this.lines<Answer>(['zips'], input.join('\n'));
  }

  /** The `h1:...` that go.sum has of a zip. */
  hash(zip: string): string {
    return execFileSync(this.program, ['hash', zip], { encoding: 'utf8' }).trim();
  }

  /** The sets of letters that Go's strings.EqualFold takes for one. */
  folds(): string[][] {
    return this.lines<string[]>(['folds'], '');
  }

  /** Every character that Go's version of Unicode knows. */
  characters(): string[] {
    return Array.from(this.lines<string>(['characters'], '')[0]!);
  }

  /** Makes the module zip of a folder, as `go mod download` makes it of a repository. */
  create(folder: string, { module, version }: ModuleVersion, zip: string): void {
    execFileSync(this.program, ['create', folder, module, version, zip], { stdio: 'pipe' });
  }

  close(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }

  private lines<T>(args: string[], input: string): T[] {
    const output = execFileSync(this.program, args, { input, encoding: 'utf8', maxBuffer: OUTPUT_LIMIT });
    return output
      .split('\n')
      .filter(Boolean)
      .map((line): T => JSON.parse(line));
  }
}
