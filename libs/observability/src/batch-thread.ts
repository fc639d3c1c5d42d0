import { setImmediate as turn } from 'node:timers/promises';
import type { WorkerThread } from './worker-thread.js';

/** What became of a question. */
export type Settled<Answer> = { readonly answer: Answer } | { readonly error: unknown };

/** How questions go to a thread. */
export interface BatchOptions<Question, Answer, Message, Reply> {
  readonly thread: WorkerThread<Message, Reply>;
  /** Questions that go to it at once, at most: the first of them waits for the last. */
  readonly most: number;
  /** Whether to wait, before they go, for as long as each turn of the event loop brings more of them. */
  readonly gather: boolean;
  readonly pack: (questions: readonly Question[]) => Message;
  /** Gives what became of each question, in order. */
  readonly unpack: (reply: Reply) => readonly Settled<Answer>[];
}

interface Asked<Question, Answer> {
  readonly question: Question;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Asks a thread many things: what comes while it is busy goes to it together, as one message. For work that takes less
 * than a message does.
 */
export class BatchThread<Question, Answer, Message, Reply> {
  private readonly waiting: Asked<Question, Answer>[] = [];
  private running = false;

  constructor(private readonly options: BatchOptions<Question, Answer, Message, Reply>) {}

  /** Starts the thread before there is a question, so that the first one does not wait for it. */
  open(): void {
    this.options.thread.open();
  }

  /** Whether a question would have to wait. */
  get isBusy(): boolean {
    return this.running;
  }

  async ask(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ question, resolve, reject });
      if (!this.running) void this.run();
    });
  }

  /** Ends the thread; what waits or is under way is rejected with the reason. */
  async close(reason: unknown): Promise<void> {
    for (const { reject } of this.waiting.splice(0)) reject(reason);
    await this.options.thread.end(reason);
  }

  private async run(): Promise<void> {
    const { thread, most, pack, unpack } = this.options;
    this.running = true;
    for (await this.gathered(); this.waiting.length > 0; await this.gathered()) {
      const batch = this.waiting.splice(0, most);
      try {
        const settled = unpack(await thread.ask(pack(batch.map(({ question }) => question))));
        for (const [at, asked] of batch.entries()) settle(asked, settled[at]!);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.running = false;
  }

  private async gathered(): Promise<void> {
    if (!this.options.gather) return;
    for (let had = 0; had < this.waiting.length && this.waiting.length < this.options.most;) {
      had = this.waiting.length;
      await turn();
    }
  }
}

function settle<Answer>({ resolve, reject }: Asked<unknown, Answer>, settled: Settled<Answer>): void {
  if ('answer' in settled) resolve(settled.answer);
  else reject(settled.error);
}
