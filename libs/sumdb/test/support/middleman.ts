import type { Remote } from '#libs/sumdb';
import type { TestDatabase } from './test-database.js';

/** What stands between a client and the database: it counts, and lies on demand. */
export class Middleman {
  /** Every path that was asked, in order. */
  readonly asked: string[] = [];
  /** Which of the logs answers. */
  log: string;
  /** Which one answers with tiles; the same, if none is named. */
  tileLog: string | null = null;
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
    const log = path.startsWith('tile/') ? (this.tileLog ?? this.log) : this.log;
    const bytes = await this.lie(path, await this.database.answer(log, path));
    signal.throwIfAborted();
    return { bytes };
  };

  /** The paths of tiles that were asked. */
  get tiles(): string[] {
    return this.asked.filter((path) => path.startsWith('tile/'));
  }
}
