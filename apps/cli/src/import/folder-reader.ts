import { BatchThread, WorkerThread, type Settled } from '#libs/observability';
// A type import is enough for the build to emit the thread's file, which nothing else imports.
import type { FolderAnswer, FolderEntry, FolderQuestion, FolderReply } from './folder.thread.js';

/** Questions that go to the thread at once, at most. */
const BATCH = 256;
/** Mebibytes; bytes of files are not counted. */
const MEMORY = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 };

type Found = readonly FolderEntry[] | Buffer | null;

/**
 * Reads local folders and small files in a thread of its own: whoever checks and stores what was read need not wait for
 * the disk meanwhile, and what is asked together is read together. Errors are the system's.
 */
export class FolderReader {
  private readonly thread = new BatchThread<FolderQuestion, Found, readonly FolderQuestion[], FolderReply>({
    thread: new WorkerThread({
      name: 'reading',
      entry: new URL('./folder.thread.js', import.meta.url),
      memory: MEMORY,
    }),
    most: BATCH,
    gather: true,
    pack: (questions) => questions,
    unpack: foundOf,
  });

  async list(folder: string): Promise<readonly FolderEntry[]> {
    // To each kind of question belongs one of answer, which TypeScript can't follow through a batch.
    return (await this.thread.ask({ folder })) as readonly FolderEntry[];
  }

  /** Reads a file of at most so many bytes; null: it has more. */
  async read(file: string, most: number): Promise<Buffer | null> {
    return (await this.thread.ask({ file, most })) as Buffer | null;
  }

  async close(): Promise<void> {
    await this.thread.close(new Error('the source is closed'));
  }
}

function foundOf({ answers, bytes }: FolderReply): Settled<Found>[] {
  let at = 0;
  return answers.map((answer: FolderAnswer) => {
    if ('failure' in answer) return { error: Object.assign(new Error(answer.failure.message), answer.failure) };
    if ('entries' in answer) return { answer: answer.entries };
    if (answer.length === null) return { answer: null };
    at += answer.length;
    return { answer: Buffer.from(bytes.buffer, bytes.byteOffset + at - answer.length, answer.length) };
  });
}
