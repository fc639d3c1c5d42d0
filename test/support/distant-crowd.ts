import { WorkerThread } from '#libs/observability';
import type { Order } from './crowd.thread.js';
import type { Crowd } from './crowd.js';

/** What a crowd can be told to do. */
type Deed = 'slowReaders' | 'halfOpen' | 'slowHeaders' | 'idle' | 'aborting' | 'leave';

/** A crowd of one server that has a thread of its own: what thousands of connections cost must not be measured with hits. */
export class DistantCrowd {
  private readonly thread: WorkerThread<Order, null>;

  constructor(url: string) {
    const entry = new URL('crowd.thread.ts', import.meta.url);
    this.thread = new WorkerThread({ name: 'crowd', entry, memory: {}, workerData: url });
  }

  /** Has them do something, see Crowd; resolves when it is done. */
  async do<D extends Deed>(deed: D, ...words: Parameters<Crowd[D]>): Promise<void> {
    await this.thread.ask([deed, ...words]);
  }

  /** All are gone, without a word. */
  async leave(): Promise<void> {
    await this.do('leave');
    await this.thread.end(new Error('all are gone'));
  }
}
