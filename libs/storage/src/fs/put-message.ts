import type { PutTask } from './put-file.js';

/** A task without its bytes: how many they are. */
type PostedTask = Omit<PutTask, 'source'> & { readonly source: number | Exclude<PutTask['source'], Uint8Array> };

/** Series of tasks as they are posted to a thread. */
export interface PutMessage {
  readonly series: readonly (readonly PostedTask[])[];
  /** Those of all tasks, in their order: to post one piece of memory costs as much as to post a thousand bytes of it. */
  readonly bytes: Uint8Array;
}

/** Gives series of tasks the form in which they are posted. */
export function toMessage(series: readonly (readonly PutTask[])[]): PutMessage {
  const pieces: Uint8Array[] = [];
  const posted = series.map((tasks) =>
    tasks.map((task): PostedTask => {
      const { source } = task;
      if (!(source instanceof Uint8Array)) return { ...task, source };
      pieces.push(source);
      return { ...task, source: source.length };
    }),
  );
  // What is posted takes along all of the memory that it is a part of.
  const bytes = Buffer.allocUnsafeSlow(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return { series: posted, bytes };
}

/** Gives the tasks of a message. */
export function fromMessage({ series, bytes }: PutMessage): PutTask[][] {
  let at = 0;
  return series.map((tasks) =>
    tasks.map((task): PutTask => {
      const { source } = task;
      if (typeof source !== 'number') return { ...task, source };
      at += source;
      return { ...task, source: bytes.subarray(at - source, at) };
    }),
  );
}
