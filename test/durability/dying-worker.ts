/*
 * Loaded into a worker, or an import, before its own code (`node --import`). Names each step by which the worker changes its storage,
 * writes it down, and ends the process right before the one that it was told. The product knows nothing of it.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { relative } from 'node:path';
import { Readable } from 'node:stream';
import threads from 'node:worker_threads';
import type { ObjectSource, ObjectStore, PutOptions } from '#libs/storage';

/** What a worker is told in the variable DYING_WORKER, as JSON. */
export interface Plan {
  /** The file that gets a line a step. */
  readonly steps: string;
  /** The step before which the process ends, from 0; null: none. */
  readonly last: number | null;
  /** The folder of a storage of files; null: it is a bucket. */
  readonly root: string | null;
}

/** What changes files or makes changes last, and by how many leading arguments it names them. */
const CHANGES = {
  writeSync: 1,
  fsyncSync: 1,
  linkSync: 2,
  renameSync: 2,
  copyFileSync: 2,
  unlinkSync: 1,
  rmSync: 1,
  mkdirSync: 1,
} as const;

const { writeSync, openSync } = fs;
let plan: Plan;
let notes = -1;
let count = 0;

function step(name: string): void {
  writeSync(notes, `${name}\n`);
  if (count++ === plan.last) process.kill(process.pid, 'SIGKILL');
}

function begin(told: Plan): void {
  plan = told;
  notes = openSync(plan.steps, 'a');
}

/** Files are stored by a thread: it is given this module too. */
function followThreads(): void {
  threads.Worker = class extends threads.Worker {
    constructor(entry: string | URL, options: threads.WorkerOptions) {
      const stores = String(entry).endsWith('/put.thread.js');
      const workerData: object = { ...(options.workerData as object), plan };
      super(entry, stores ? { ...options, execArgv: ['--import', import.meta.url], workerData } : options);
    }
  };
  syncBuiltinESMExports();
}

/** A short write, as the system may do them, and one of all the rest. */
function writeInTwo(file: number, bytes: Uint8Array, from: number): number {
  return writeSync(file, bytes, from, from === 0 ? Math.ceil(bytes.length / 2) : bytes.length - from);
}

/** Each call of the file system is a step, and each file is written in two: the half of it is there in between. */
function followFiles(root: string): void {
  const open = new Map<number, string>();
  const name = (path: unknown): string => {
    const key = relative(root, typeof path === 'number' ? (open.get(path) ?? '') : String(path));
    return key.startsWith('..') ? 'the scratch file' : key.replace(/^\.tmp\/.+/, 'the unfinished file');
  };
  for (const [call, names] of Object.entries(CHANGES) as [keyof typeof CHANGES, number][]) {
    const original = (call === 'writeSync' ? writeInTwo : fs[call]) as (...args: unknown[]) => unknown;
    const followed = (...args: unknown[]): unknown => {
      step([call.replace('Sync', ''), ...args.slice(0, names).map(name)].join(' '));
      return original(...args);
    };
    Object.assign(fs, { [call]: followed });
  }
  Object.assign(fs, {
    openSync: (path: string, flags: string): number => {
      if (flags === 'wx') step(`create ${name(path)}`);
      const file = openSync(path, flags);
      open.set(file, path);
      return file;
    },
  });
  syncBuiltinESMExports();
  const port = threads.parentPort;
  const answer = port?.postMessage.bind(port);
  if (port && answer) {
    port.postMessage = (message) => {
      step('answer');
      answer(message);
    };
  }
}

/** Each put is two steps, one before and one after it, and one in the middle of a large object's transfer. */
async function followBucket(): Promise<void> {
  const built = new URL('../../dist/libs/storage/src/s3/s3.object-store.js', import.meta.url);
  const { S3ObjectStore } = (await import(built.href)) as { S3ObjectStore: { prototype: ObjectStore } };
  const { prototype } = S3ObjectStore;
  const put = Reflect.get(prototype, 'put');
  prototype.put = async function (this: ObjectStore, key: string, source: ObjectSource, options: PutOptions) {
    // The worker tries the bucket before it takes jobs: that is no step of a store.
    if (key.startsWith('.meta/probe/')) return put.call(this, key, source, options);
    step(`put ${key}`);
    const slow = 'file' in source ? Readable.from(inHalves(source.file, key), { objectMode: false }) : source;
    const stored = await put.call(this, key, slow, options);
    step(`answer ${key}`);
    return stored;
  };
}

async function* inHalves(file: string, key: string): AsyncGenerator<Buffer> {
  const half = fs.statSync(file).size / 2;
  let sent = 0;
  for await (const chunk of fs.createReadStream(file) as AsyncIterable<Buffer>) {
    if (sent < half && sent + chunk.length >= half) step(`send the second half of ${key}`);
    sent += chunk.length;
    yield chunk;
  }
}

const told = process.env['DYING_WORKER'];
if (threads.isMainThread && told !== undefined) {
  begin(JSON.parse(told) as Plan);
  if (plan!.root === null) await followBucket();
  else followThreads();
} else if (!threads.isMainThread && threads.workerData) {
  begin((threads.workerData as { readonly plan: Plan }).plan);
  followFiles(plan!.root ?? '');
}
