import { createWriteStream } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Busboy } from '@fastify/busboy';
import { RefusalError } from '#libs/protocol';
import { readBody } from '#libs/storage';
import { bodyOf } from './bodies.js';

/** Bytes of an `.info` or a `.mod` at most, as in go: what is longer is none. */
const LONGEST_TEXT = 16 * 1024 * 1024;

/** The files of a version as a client sent them: the zip, which may have gigabytes, in a file. */
export interface Upload {
  readonly info: Buffer;
  readonly mod: Buffer;
  readonly zip: { readonly file: string; readonly size: number };
}

/**
 * Reads the form of a save, in bounded memory, into a folder of the caller. Throws a bad-request refusal when it is
 * malformed, cut short or lacks a part.
 */
export async function receiveVersion(request: IncomingMessage, folder: string): Promise<Upload> {
  const form = openForm(request);
  const file = join(folder, 'upload.zip');
  const upload: { info?: Buffer; mod?: Buffer; zip?: Upload['zip'] } = {};
  const running = new Map<Readable, Promise<void>>();
  const taken = new Set<string>();
  const take = async (name: string, part: Readable): Promise<void> => {
    if (taken.has(name)) throw malformed();
    taken.add(name);
    if (name === 'mod.info') upload.info = await readBody(part, LONGEST_TEXT);
    else if (name === 'mod.mod') upload.mod = await readBody(part, LONGEST_TEXT);
    else if (name === 'mod.zip') upload.zip = { file, size: await writeFile(part, file) };
    else part.resume();
  };
  form.on('file', (name, part) => {
    // One that is cut short says so, whether somebody reads it or not.
    part.on('error', () => {});
    const taking = take(name, part);
    running.set(part, taking);
    // The form would wait for ever for somebody to read the rest of the part.
    taking.catch((error: unknown) => form.destroy(error as Error));
  });
  try {
    await pipeline(bodyOf(request), form);
    await Promise.all(running.values());
  } catch (error) {
    // Of one that has come whole and was not read to its end, a pipeline takes this for its end alone with an error.
    for (const part of running.keys()) part.destroy(error as Error);
    await Promise.allSettled(running.values());
    throw isSystemError(error) ? error : malformed(error);
  }
  const { info, mod, zip } = upload;
  if (!info || !mod || !zip) throw malformed();
  return { info, mod, zip };
}

function openForm(request: IncomingMessage) {
  const { 'content-type': type = '', ...headers } = request.headers;
  try {
    return new Busboy({ headers: { ...headers, 'content-type': type }, limits: { files: 3, fields: 0 } });
  } catch (error) {
    throw malformed(error);
  }
}

async function writeFile(part: Readable, file: string): Promise<number> {
  const out = createWriteStream(file, { flags: 'wx' });
  await pipeline(part, out);
  return out.bytesWritten;
}

/** Of this machine, as opposed to what a client sent: `ENOSPC` is. A connection that ended is the client's. */
function isSystemError(error: unknown): boolean {
  return error instanceof RefusalError || (error instanceof Error && 'syscall' in error);
}

function malformed(cause?: unknown): RefusalError {
  return new RefusalError('bad-request', 'a save is a form of the files mod.info, mod.mod and mod.zip', { cause });
}
