import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { RefusalError, type ModuleVersion } from '#libs/protocol';
import type { ZipDepth, ZipReport } from './module-zip.js';
// A type import is enough for the build to emit the thread's file, which nothing else imports.
import type { ZipReply, ZipTask } from './zip.thread.js';

export type { ZipDepth, ZipReport };

/** Mebibytes: enough for the largest directory that is read; a thread that wants more ends, the worker lives. */
const MEMORY = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 16 };

interface Check {
  readonly task: ZipTask;
  readonly resolve: (report: ZipReport) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Checks module zips in worker threads, so that the event loop never waits for one. Threads are started when there is
 * work for them, at most `threads` of them, the first one with `open`; idle ones keep no process alive.
 */
export class ZipChecker {
  private readonly waiting: Check[] = [];
  private readonly idle: Worker[] = [];
  private readonly running = new Map<Worker, Check>();
  private closed = false;

  constructor(
    private readonly threads = 2,
    private readonly entry: URL = threadEntry(),
  ) {}

  /** Starts a thread before there is work, so that the first check does not wait for it. */
  open(): void {
    if (this.idle.length > 0 || this.running.size > 0) return;
    const thread = this.start();
    thread.unref();
    this.idle.push(thread);
  }

  /**
   * Checks a finished file, or the bytes of a small one (see checkModuleZip for the rules). Throws RefusalError not-found, with the reason, for a
   * zip that breaks a rule; the signal's reason when it aborts; another error when the file can't be read.
   */
  async check(
    zip: string | Uint8Array,
    version: ModuleVersion,
    signal?: AbortSignal,
    depth: ZipDepth = 'content',
  ): Promise<ZipReport> {
    signal?.throwIfAborted();
    if (this.closed) throw new Error('the zip checker is closed');
    const { promise, resolve, reject } = Promise.withResolvers<ZipReport>();
    // Not the caller's object: what is posted must be plain.
    const check = {
      task: { zip, version: { module: version.module, version: version.version }, depth },
      resolve,
      reject,
    };
    const abort = () => this.abandon(check, signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    this.waiting.push(check);
    this.dispatch();
    try {
      return await promise;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Ends the threads; checks that wait or run are rejected. */
  async close(): Promise<void> {
    this.closed = true;
    const reason = new Error('the zip checker is closed');
    for (const { reject } of [...this.waiting.splice(0), ...this.running.values()]) reject(reason);
    await Promise.all([...this.idle, ...this.running.keys()].map((thread) => thread.terminate()));
  }

  private dispatch(): void {
    while (this.waiting.length > 0 && this.running.size < this.threads && !this.closed) {
      const thread = this.idle.pop() ?? (this.needsThread() ? this.start() : null);
      if (thread === null) return;
      const check = this.waiting.shift()!;
      this.running.set(thread, check);
      thread.ref();
      thread.postMessage(check.task, []);
    }
  }

  /** A look at headers takes a millisecond or two: it waits for another one, but for no content. */
  private needsThread(): boolean {
    const checks = [...this.running.values(), this.waiting[0]!];
    return this.running.size === 0 || checks.some(({ task }) => task.depth === 'content');
  }

  private start(): Worker {
    // No flags and no environment of ours: the thread needs none, and a test runner's would change its imports.
    const thread = new Worker(this.entry, { execArgv: [], env: {}, resourceLimits: MEMORY });
    let crash: unknown;
    thread.on('message', (reply: ZipReply) => this.settle(thread, reply));
    thread.on('error', (error) => (crash = error));
    thread.on('exit', (code) => this.bury(thread, crash ?? new Error(`a zip thread ended with code ${code}`)));
    return thread;
  }

  private settle(thread: Worker, reply: ZipReply): void {
    const check = this.running.get(thread);
    // Abandoned in the very moment it finished: the thread is being ended and takes no more work.
    if (check === undefined) return;
    this.running.delete(thread);
    thread.unref();
    this.idle.push(thread);
    if ('report' in reply) {
      const { goMod } = reply.report;
      check.resolve({ ...reply.report, goMod: goMod && Buffer.from(goMod) });
    } else if ('refusal' in reply) {
      check.reject(new RefusalError(reply.refusal.kind, reply.refusal.message));
    } else {
      check.reject(reply.failure);
    }
    this.dispatch();
  }

  /** A thread that is gone takes its check along; the next one gets a new thread. */
  private bury(thread: Worker, reason: unknown): void {
    this.running.get(thread)?.reject(reason);
    this.running.delete(thread);
    const at = this.idle.indexOf(thread);
    if (at >= 0) this.idle.splice(at, 1);
    this.dispatch();
  }

  private abandon(check: Check, reason: unknown): void {
    check.reject(reason);
    const at = this.waiting.indexOf(check);
    if (at >= 0) this.waiting.splice(at, 1);
    // A running check can't be told to stop; its thread is cheaper to lose than to wait for.
    for (const [thread, other] of this.running) {
      if (other !== check) continue;
      this.running.delete(thread);
      void thread.terminate();
    }
    this.dispatch();
  }
}

/**
 * The compiled thread. Started from source (vitest), the file next to this one is TypeScript that a plain thread can't
 * load, so the built one is taken: `npm test` always builds first.
 */
function threadEntry(): URL {
  const compiled = new URL('./zip.thread.js', import.meta.url);
  if (existsSync(compiled)) return compiled;
  return new URL('../../../../dist/libs/ingest/src/zip/zip.thread.js', import.meta.url);
}
