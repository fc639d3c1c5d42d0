import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Order } from './crowd-thread.js';
import type { Crowd } from './crowd.js';

/** What a crowd can be told to do. */
type Deed = 'slowReaders' | 'halfOpen' | 'slowHeaders' | 'idle' | 'aborting' | 'leave';

/** A crowd of one server that has a thread of its own: what thousands of connections cost must not be measured with hits. */
export class DistantCrowd {
  private readonly thread: Worker;

  constructor(url: string) {
    this.thread = new Worker(new URL('crowd-thread.ts', import.meta.url), { workerData: url });
  }

  /** Has them do something, see Crowd; resolves when it is done. */
  async do<D extends Deed>(deed: D, ...words: Parameters<Crowd[D]>): Promise<void> {
    const done = once(this.thread, 'message');
    this.thread.postMessage([deed, ...words] satisfies Order);
    await done;
  }

  /** All are gone, without a word. */
  async leave(): Promise<void> {
    await this.do('leave');
    await this.thread.terminate();
  }
}
