import { createHash } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { StorageConfig } from '#libs/config';
import { errorCode } from '#libs/protocol';
import { makeRoot } from '#libs/storage';

/** How far a verification came. */
export interface Progressed {
  /** The last stored thing that is done, in the order of the inventory; empty before the first. */
  readonly place: string;
  readonly checked: number;
  readonly findings: number;
  /** Findings that are left as they are. */
  readonly left: number;
  /** Versions of which the checksum database said nothing. */
  readonly unchecked: number;
  /** What is older is left out, in milliseconds since the epoch; 0: nothing is. */
  readonly since: number;
}

/** What tells one verification from another: a run continues the one before that was to do the same. */
export interface Task {
  readonly storage: StorageConfig;
  readonly targets: readonly string[];
  readonly since: string;
  readonly repair: boolean;
  readonly offline: boolean;
}

/** The place of a verification below STOA_DATA_DIR, written after each thing that is done: a kill costs little. */
export class VerifyState {
  private readonly file: string;

  constructor(dataDir: string, task: Task) {
    // No secret in it, for keys change and the storage is the same.
    const text = JSON.stringify(task, (name, value: unknown) =>
      /key|token|secret|password/i.test(name) ? null : value,
    );
    this.file = join(dataDir, 'verify', `${createHash('sha256').update(text).digest('hex').slice(0, 16)}.json`);
  }

  /** Where the last run stopped; null when it came to its end, or there was none. */
  read(): Progressed | null {
    try {
      return JSON.parse(readFileSync(this.file, 'utf8')) as Progressed;
    } catch (error) {
      if (error instanceof SyntaxError || errorCode(error) === 'ENOENT') return null;
      throw error;
    }
  }

  write(progressed: Progressed): void {
    const draft = `${this.file}.${process.pid}`;
    makeRoot(dirname(this.file), 0o700);
    writeFileSync(draft, JSON.stringify(progressed));
    renameSync(draft, this.file);
  }

  clear(): void {
    rmSync(this.file, { force: true });
  }
}
