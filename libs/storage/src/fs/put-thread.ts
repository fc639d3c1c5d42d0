import { setImmediate as turn } from 'node:timers/promises';
import { WorkerThread } from '#libs/observability';
import { SourceError } from '../source-reader.js';
import type { PutTask } from './put-file.js';
import { toMessage, type PutMessage } from './put-message.js';
// A type import is enough for the build to emit the thread's file, which nothing else imports.
import type { PutReply, PutThreadOptions } from './put.thread.js';

/** Puts that go to the thread at once, at most: the first of them waits for the last. */
const BATCH = 16;
/** The same where nobody waits for one of them, and all are synced together: more of them would be synced no quicker. */
const LARGE_BATCH = 256;
/** Mebibytes; bytes of files are not counted. */
const MEMORY = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 };

interface Put {
  readonly tasks: readonly PutTask[];
  readonly resolve: (made: number) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Runs puts in a thread of its own: one message to and fro in place of ten turns through Node's thread pool, and no
 * wait of the event loop for a file system. What comes while the thread is busy goes to it together. The thread is
 * started when there is work, and keeps no process alive while it has none.
 */
export class PutThread {
  private readonly waiting: Put[] = [];
  private running = false;
  private readonly thread: WorkerThread<PutMessage, PutReply[]>;

  /** `together`: for one who stores very many small files and waits for the last, not for each. */
  constructor(private readonly options: PutThreadOptions) {
    const entry = new URL('./put.thread.js', import.meta.url);
    this.thread = new WorkerThread({ name: 'storage', entry, memory: MEMORY, workerData: options });
  }

  /** Starts the thread before there is work, so that the first put does not wait for it. */
  open(): void {
    this.thread.open();
  }

  /** Whether a put would have to wait. */
  get isBusy(): boolean {
    return this.running;
  }

  /** Makes files in turn and gives how many were made; see putFiles. */
  async put(tasks: readonly PutTask[]): Promise<number> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ tasks, resolve, reject });
      if (!this.running) void this.run();
    });
  }

  /** Ends the thread. Puts under way are rejected; each is whole or absent. */
  async close(): Promise<void> {
    const reason = new Error('the storage is closed');
    for (const { reject } of this.waiting.splice(0)) reject(reason);
    await this.thread.end(reason);
  }

  /** Waits for as long as each turn brings more that can go together. */
  private async gather(): Promise<void> {
    if (!this.options.together) return;
    for (let had = 0; had < this.waiting.length && this.waiting.length < LARGE_BATCH;) {
      had = this.waiting.length;
      await turn();
    }
  }

  private async run(): Promise<void> {
    this.running = true;
    for (await this.gather(); this.waiting.length > 0; await this.gather()) {
      const puts = this.waiting.splice(0, this.options.together ? LARGE_BATCH : BATCH);
      try {
        const replies = await this.thread.ask(toMessage(puts.map(({ tasks }) => tasks)));
        for (const [at, put] of puts.entries()) settle(put, replies[at]!);
      } catch (error) {
        for (const { reject } of puts) reject(error);
      }
    }
    this.running = false;
  }
}

function settle({ resolve, reject }: Put, reply: PutReply): void {
  if ('made' in reply) resolve(reply.made);
  else reject(faultOf(reply.failure));
}

function faultOf({ message, code, source }: Extract<PutReply, { failure: unknown }>['failure']): Error {
  return source ? new SourceError(message) : Object.assign(new Error(message), code === undefined ? {} : { code });
}
