import { setTimeout as after } from 'node:timers/promises';
import type { Remote } from '#libs/sumdb';
import type { TestDatabase } from './test-database.js';

/** What stands between a client and the database: it counts, and lies on demand. */
export class Middleman {
  /** Every path that was asked, in order. */
  readonly asked: string[] = [];
  /** Which of the databases answers. */
  log: string;
  /** Changes answers; may throw in place of one. */
  lie: (path: string, answer: Buffer) => Buffer | Promise<Buffer> = (_, answer) => answer;

  constructor(
    private readonly database: TestDatabase,
    log: string,
  ) {
    this.log = log;
  }

  readonly remote: Remote = async (path, { signal }) => {
    this.asked.push(path);
    signal.throwIfAborted();
    const bytes = await this.lie(path, await this.database.answer(this.log, path));
    signal.throwIfAborted();
    return { bytes };
  };

  /** The paths of tiles that were asked. */
  get tiles(): string[] {
    return this.asked.filter((path) => path.startsWith('tile/'));
  }
}

/** Lets what is under way go on. */
export const soon = (): Promise<void> => after(0);
