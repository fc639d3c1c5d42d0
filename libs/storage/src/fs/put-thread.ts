import { BatchThread, WorkerThread, type Settled } from '#libs/observability';
import { SourceError } from '../source-reader.js';
import type { PutTask } from './put-file.js';
import { toMessage, type PutMessage } from './put-message.js';
// A type import is enough for the build to emit the thread's file, which nothing else imports.
import type { PutReply, PutThreadOptions } from './put.thread.js';

/** Puts that go to the thread at once, at most. */
const BATCH = 16;
/** The same where nobody waits for one of them, and all are synced together: more of them would be synced no quicker. */
const LARGE_BATCH = 256;
/** Mebibytes; bytes of files are not counted. */
const MEMORY = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 };

/**
 * Runs puts in a thread of its own: one message to and fro in place of ten turns through Node's thread pool, and no
 * wait of the event loop for a file system. The thread is started when there is work, and keeps no process alive while
 * it has none.
 */
export class PutThread {
  private readonly thread: BatchThread<readonly PutTask[], number, PutMessage, readonly PutReply[]>;

  /** `together`: for one who stores very many small files and waits for the last, not for each. */
  constructor(options: PutThreadOptions) {
    const { together } = options;
    const entry = new URL('./put.thread.js', import.meta.url);
    this.thread = new BatchThread({
      thread: new WorkerThread({ name: 'storage', entry, memory: MEMORY, workerData: options }),
      most: together ? LARGE_BATCH : BATCH,
      gather: together,
      pack: toMessage,
      unpack: (replies) => replies.map(settled),
    });
  }

  /** Starts the thread before there is work, so that the first put does not wait for it. */
  open(): void {
    this.thread.open();
  }

  /** Whether a put would have to wait. */
  get isBusy(): boolean {
    return this.thread.isBusy;
  }

  /** Makes files in turn and gives how many were made; see putFiles. */
  async put(tasks: readonly PutTask[]): Promise<number> {
    return this.thread.ask(tasks);
  }

  /** Ends the thread. Puts under way are rejected; each is whole or absent. */
  async close(): Promise<void> {
    await this.thread.close(new Error('the storage is closed'));
  }
}

function settled(reply: PutReply): Settled<number> {
  if ('made' in reply) return { answer: reply.made };
  const { message, code, source } = reply.failure;
  if (source) return { error: new SourceError(message) };
  return { error: Object.assign(new Error(message), code === undefined ? {} : { code }) };
}
