import { parentPort } from 'node:worker_threads';
import { SourceError } from '../source-reader.js';
import { errorCode } from './fs-error.js';
import { putFile, type PutTask } from './put-file.js';

/** What a thread answers to a task, in order. An Error would lose its code on the way. */
export type PutReply =
  | { readonly created: boolean }
  | { readonly failure: { readonly message: string; readonly code: string | undefined; readonly source: boolean } };

function reply(task: PutTask): PutReply {
  try {
    return { created: putFile(task) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { failure: { message, code: errorCode(error), source: error instanceof SourceError } };
  }
}

const port = parentPort;
port?.on('message', (task: PutTask) => port.postMessage(reply(task)));
