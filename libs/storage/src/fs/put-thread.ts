import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { SourceError } from '../source-reader.js';
import type { PutTask } from './put-file.js';
// A type import is enough for the build to emit the thread's file, which nothing else imports.
import type { PutReply, PutThreadOptions } from './put.thread.js';

/** Puts that go to the thread at once, at most: the first of them waits for the last. */
const BATCH = 16;
/** The same where nobody waits for one of them, and all are synced together. */
const LARGE_BATCH = 2048;
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
  private running: Put[] = [];
  private thread: Worker | null = null;

  /** `together`: for one who stores very many small files and waits for the last, not for each. */
  constructor(private readonly options: PutThreadOptions) {}

  /** Starts the thread before there is work, so that the first put does not wait for it. */
  open(): void {
    this.thread ??= this.start();
    this.thread.unref();
  }

  /** Makes files in turn and gives how many were made; see putFiles. */
  async put(tasks: readonly PutTask[]): Promise<number> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ tasks, resolve, reject });
      this.dispatch();
    });
  }

  /** Ends the thread. Puts under way are rejected; each is whole or absent. */
  async close(): Promise<void> {
    const reason = new Error('the storage is closed');
    for (const { reject } of [...this.waiting.splice(0), ...this.running.splice(0)]) reject(reason);
    await this.thread?.terminate();
  }

  private dispatch(): void {
    if (this.running.length > 0 || this.waiting.length === 0) return;
    const thread = (this.thread ??= this.start());
    this.running = this.waiting.splice(0, this.options.together ? LARGE_BATCH : BATCH);
    thread.ref();
    thread.postMessage(
      this.running.map(({ tasks }) => tasks),
      [],
    );
  }

  private start(): Worker {
    const thread = new Worker(threadEntry(), {
      workerData: this.options,
      execArgv: [],
      env: {},
      resourceLimits: MEMORY,
    });
    let crash: unknown;
    thread.on('message', (replies: PutReply[]) => this.settle(thread, replies));
    thread.on('error', (error) => (crash = error));
    thread.on('exit', (code) => this.bury(crash ?? new Error(`a storage thread ended with code ${code}`)));
    return thread;
  }

  private settle(thread: Worker, replies: PutReply[]): void {
    const puts = this.running.splice(0);
    thread.unref();
    this.dispatch();
    for (const [at, reply] of replies.entries()) {
      if ('made' in reply) puts[at]?.resolve(reply.made);
      else puts[at]?.reject(faultOf(reply.failure));
    }
  }

  private bury(reason: unknown): void {
    this.thread = null;
    for (const { reject } of this.running.splice(0)) reject(reason);
    this.dispatch();
  }
}

function faultOf({ message, code, source }: Extract<PutReply, { failure: unknown }>['failure']): Error {
  return source ? new SourceError(message) : Object.assign(new Error(message), code === undefined ? {} : { code });
}

/** The compiled thread; run from source, the built one is taken, for a plain thread can't load TypeScript. */
function threadEntry(): URL {
  const compiled = new URL('./put.thread.js', import.meta.url);
  return existsSync(compiled)
    ? compiled
    : new URL('../../../../dist/libs/storage/src/fs/put.thread.js', import.meta.url);
}
