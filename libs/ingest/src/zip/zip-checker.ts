import { statSync } from 'node:fs';
import { WorkerThread } from '#libs/observability';
import { RefusalError, type ModuleVersion } from '#libs/protocol';
import { checkModuleZip, reportOf, type ZipDepth, type ZipReading, type ZipReport } from './module-zip.js';
// A type import is enough for the build to emit the thread's file, which nothing else imports.
import type { ZipReply, ZipTask } from './zip.thread.js';

export type { ZipDepth, ZipReport };

/** Mebibytes: enough for the largest directory that is read; a thread that wants more ends, the worker lives. */
const MEMORY = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 16 };

/** Bytes of a file whose content all threads read together: to begin with it takes each of them some milliseconds. */
const LARGE = 8 * 1024 * 1024;

type Thread = WorkerThread<ZipTask, ZipReply>;

interface Check {
  readonly task: ZipTask;
  readonly resolve: (reading: ZipReading) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Checks module zips in worker threads, so that the event loop never waits for one. Threads are started when there is
 * work for them, at most `threads` of them, the first one with `open`; idle ones keep no process alive. A small zip that
 * is in memory is checked here and now: to ask a thread costs several times as much.
 */
export class ZipChecker {
  private readonly waiting: Check[] = [];
  private readonly idle: Thread[] = [];
  private readonly running = new Map<Check, Thread>();
  private closed = false;

  constructor(
    private readonly threads = 2,
    private readonly entry: URL = new URL('./zip.thread.js', import.meta.url),
  ) {}

  /** Starts a thread before there is work, so that the first check does not wait for it. */
  open(): void {
    if (this.idle.length > 0 || this.running.size > 0) return;
    const thread = this.another();
    thread.open();
    this.idle.push(thread);
  }

  /**
   * Checks a finished file, or the bytes of a small one (see checkModuleZip for the rules). Throws RefusalError
   * not-found, with the reason, for a zip that breaks a rule; the signal's reason when it aborts; another error when the
   * file can't be read.
   */
  async check(
    zip: string | Uint8Array,
    version: ModuleVersion,
    signal?: AbortSignal,
    depth: ZipDepth = 'content',
  ): Promise<ZipReport> {
    signal?.throwIfAborted();
    if (this.closed) throw new Error('the zip checker is closed');
    if (typeof zip !== 'string') return checkModuleZip(zip, version, depth);
    const of = depth === 'content' && sizeOf(zip) >= LARGE ? this.threads : 1;
    // Not the caller's object: what is posted must be plain.
    const task = { zip, version: { module: version.module, version: version.version }, depth };
    const shares = Array.from({ length: of }, (_, index) => this.read({ ...task, share: { index, of } }, signal));
    return reportOf(await Promise.all(shares), depth);
  }

  private async read(task: ZipTask, signal: AbortSignal | undefined): Promise<ZipReading> {
    const { promise, resolve, reject } = Promise.withResolvers<ZipReading>();
    const check = { task, resolve, reject };
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
    for (const { reject } of this.waiting.splice(0)) reject(reason);
    await Promise.all([...this.idle, ...this.running.values()].map((thread) => thread.end(reason)));
  }

  private dispatch(): void {
    while (this.waiting.length > 0 && this.running.size < this.threads && !this.closed) {
      const thread = this.idle.pop() ?? (this.needsThread() ? this.another() : null);
      if (thread === null) return;
      void this.run(this.waiting.shift()!, thread);
    }
  }

  /** A look at headers takes a millisecond or two: it waits for another one, but for no content. */
  private needsThread(): boolean {
    const checks = [...this.running.keys(), this.waiting[0]!];
    return this.running.size === 0 || checks.some(({ task }) => task.depth === 'content');
  }

  private another(): Thread {
    return new WorkerThread({ name: 'zip', entry: this.entry, memory: MEMORY });
  }

  private async run(check: Check, thread: Thread): Promise<void> {
    this.running.set(check, thread);
    try {
      check.resolve(readingOf(await thread.ask(check.task)));
    } catch (error) {
      check.reject(error);
    }
    this.running.delete(check);
    this.idle.push(thread);
    this.dispatch();
  }

  private abandon(check: Check, reason: unknown): void {
    check.reject(reason);
    const at = this.waiting.indexOf(check);
    if (at >= 0) this.waiting.splice(at, 1);
    // A running check can't be told to stop; its thread is cheaper to lose than to wait for.
    void this.running.get(check)?.end(reason);
  }
}

/** Bytes; none where there is no file, which a thread will say. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** The reading of a thread, whose bytes come as a plain array. Throws what it says in place of one. */
function readingOf(reply: ZipReply): ZipReading {
  if ('refusal' in reply) throw new RefusalError(reply.refusal.kind, reply.refusal.message);
  if ('failure' in reply) throw reply.failure;
  const { goMod } = reply.reading;
  return { ...reply.reading, goMod: goMod && Buffer.from(goMod) };
}
