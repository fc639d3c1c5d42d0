import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { SourceError } from '../source-reader.js';
import type { PutTask } from './put-file.js';
// A type import is enough for the build to emit the thread's file, which nothing else imports.
import type { PutReply } from './put.thread.js';

/** Puts at once. They wait for the disk most of the time, and one journal commit of it serves several. */
const THREADS = 2;
/** Mebibytes; bytes of files are not counted. */
const MEMORY = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 };

interface Put {
  readonly task: PutTask;
  readonly resolve: (created: boolean) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Runs puts in threads of their own: one message to and fro in place of ten turns through Node's thread pool, and no
 * wait of the event loop for a file system. Threads are started when there is work, and keep no process alive.
 */
export class PutThreads {
  private readonly waiting: Put[] = [];
  private readonly idle: Worker[] = [];
  private readonly running = new Map<Worker, Put>();

  /** True when the file was created or replaced; see putFile. */
  async put(task: PutTask): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ task, resolve, reject });
      this.dispatch();
    });
  }

  /** Ends the threads. Puts under way are rejected; each is whole or absent. */
  async close(): Promise<void> {
    const reason = new Error('the storage is closed');
    for (const { reject } of [...this.waiting.splice(0), ...this.running.values()]) reject(reason);
    await Promise.all([...this.idle, ...this.running.keys()].map((thread) => thread.terminate()));
  }

  private dispatch(): void {
    while (this.waiting.length > 0 && this.running.size < THREADS) {
      const thread = this.idle.pop() ?? this.start();
      const put = this.waiting.shift()!;
      this.running.set(thread, put);
      thread.ref();
      thread.postMessage(put.task, []);
    }
  }

  private start(): Worker {
    const thread = new Worker(threadEntry(), { execArgv: [], env: {}, resourceLimits: MEMORY });
    let crash: unknown;
    thread.on('message', (reply: PutReply) => this.settle(thread, reply));
    thread.on('error', (error) => (crash = error));
    thread.on('exit', (code) => this.bury(thread, crash ?? new Error(`a storage thread ended with code ${code}`)));
    return thread;
  }

  private settle(thread: Worker, reply: PutReply): void {
    const put = this.running.get(thread);
    this.running.delete(thread);
    thread.unref();
    this.idle.push(thread);
    if ('created' in reply) put?.resolve(reply.created);
    else put?.reject(faultOf(reply.failure));
    this.dispatch();
  }

  private bury(thread: Worker, reason: unknown): void {
    this.running.get(thread)?.reject(reason);
    this.running.delete(thread);
    const at = this.idle.indexOf(thread);
    if (at >= 0) this.idle.splice(at, 1);
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
