import { parentPort, workerData } from 'node:worker_threads';
import { errorCode } from '#libs/protocol';
import { SourceError } from '../source-reader.js';
import { putFiles, type PutOutcome } from './put-file.js';
import { fromMessage, type PutMessage } from './put-message.js';
import { putFilesTogether } from './put-together.js';

/** What a thread is started with. */
export interface PutThreadOptions {
  /** Whether the files of all puts at hand are synced together. */
  readonly together: boolean;
}

/** What a thread answers, one reply a series, in order. An Error would lose its code on the way. */
export type PutReply =
  | { readonly made: number }
  | { readonly failure: { readonly message: string; readonly code: string | undefined; readonly source: boolean } };

function reply(outcome: PutOutcome): PutReply {
  if ('made' in outcome) return outcome;
  const { error } = outcome;
  const message = error instanceof Error ? error.message : String(error);
  return { failure: { message, code: errorCode(error), source: error instanceof SourceError } };
}

const port = parentPort;
const put = (workerData as PutThreadOptions).together ? putFilesTogether : putFiles;
port?.on('message', (message: PutMessage) => port.postMessage(put(fromMessage(message)).map(reply)));
