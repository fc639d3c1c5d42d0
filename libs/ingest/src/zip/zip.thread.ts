import { parentPort } from 'node:worker_threads';
import { RefusalError, type ModuleVersion, type Refusal } from '#libs/protocol';
import { readModuleZip, type ZipDepth, type ZipReading, type ZipShare } from './module-zip.js';

/** What a thread is asked; it answers each task with one reply, in order. */
export interface ZipTask {
  /** The path of a finished file. */
  readonly zip: string;
  readonly version: ModuleVersion;
  readonly depth: ZipDepth;
  readonly share: ZipShare;
}

/** What a thread answers; `failure` is our own fault (the file can't be read). */
export type ZipReply =
  | { readonly reading: Omit<ZipReading, 'goMod'> & { readonly goMod: Uint8Array | null } }
  | { readonly refusal: Refusal }
  | { readonly failure: Error };

function reply(task: ZipTask): ZipReply {
  try {
    return { reading: readModuleZip(task.zip, task.version, task.depth, task.share) };
  } catch (error) {
    if (error instanceof RefusalError) return { refusal: error.toRefusal() };
    return { failure: error instanceof Error ? error : new Error(String(error)) };
  }
}

const port = parentPort;
port?.on('message', (task: ZipTask) => port.postMessage(reply(task)));
