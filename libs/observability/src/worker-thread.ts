import { existsSync } from 'node:fs';
import { Worker, type ResourceLimits } from 'node:worker_threads';

/** What a thread is started with. */
export interface WorkerThreadOptions {
  /** As it is called when it ends: `a <name> thread`. */
  readonly name: string;
  /** Its compiled file, which posts one answer for each message. */
  readonly entry: URL;
  /** A thread that wants more ends; the process lives. */
  readonly memory: ResourceLimits;
  readonly workerData?: unknown;
}

/**
 * A thread that answers one question at a time, so that the event loop never waits for it. It is started when it is
 * first asked, and again after it died; while nothing is asked it keeps no process alive.
 */
export class WorkerThread<Question, Answer> {
  private worker: Worker | null = null;
  private asked: PromiseWithResolvers<Answer> | null = null;

  constructor(private readonly options: WorkerThreadOptions) {}

  /** Starts the thread before there is a question, so that the first one does not wait for it. */
  open(): void {
    this.worker ??= this.start();
    if (this.asked === null) this.worker.unref();
  }

  /** Asks; not before the last question is answered. Throws why the thread died, or was ended, in place of an answer. */
  ask(question: Question): Promise<Answer> {
    this.worker ??= this.start();
    this.asked = Promise.withResolvers();
    this.worker.ref();
    this.worker.postMessage(question, []);
    return this.asked.promise;
  }

  /** Ends the thread; a question under way is rejected with the reason. */
  async end(reason: unknown): Promise<void> {
    const { worker } = this;
    this.bury(reason);
    await worker?.terminate();
  }

  private start(): Worker {
    const { name, entry, memory, workerData } = this.options;
    // No flags and no environment of ours: a thread needs none, and a test runner's would change its imports.
    const worker = new Worker(compiled(entry), { workerData, execArgv: [], env: {}, resourceLimits: memory });
    let crash: unknown;
    worker.on('message', (answer: Answer) => {
      // What was ended in the very moment it answered is not asked any more.
      if (this.worker === worker) this.settle()?.resolve(answer);
    });
    worker.on('error', (error) => (crash = error));
    worker.on('exit', (code) => {
      if (this.worker === worker) this.bury(crash ?? new Error(`a ${name} thread ended with code ${code}`));
    });
    return worker;
  }

  private bury(reason: unknown): void {
    const asked = this.settle();
    this.worker = null;
    asked?.reject(reason);
  }

  private settle(): PromiseWithResolvers<Answer> | null {
    const { asked } = this;
    this.asked = null;
    this.worker?.unref();
    return asked;
  }
}

/** Run from source, the built thread is taken, for a plain thread can't load TypeScript: `npm test` builds first. */
function compiled(entry: URL): URL {
  if (existsSync(entry)) return entry;
  const root = new URL('../../../', import.meta.url).href;
  return new URL(entry.href.replace(root, `${root}dist/`));
}
