import { closeSync, fstatSync, openSync, readdirSync, readSync, type Dirent } from 'node:fs';
import { parentPort } from 'node:worker_threads';

/** What a thread is asked: what is in a folder, or the bytes of a file of at most so many. */
export type FolderQuestion = { readonly folder: string } | { readonly file: string; readonly most: number };

/** What is in a folder. */
export interface FolderEntry {
  readonly name: string;
  readonly kind: 'folder' | 'file' | 'link';
}

/** How many of a reply's bytes are a file's, or null where it has more than were asked for; an Error would lose its code. */
export type FolderAnswer =
  | { readonly entries: readonly FolderEntry[] }
  | { readonly length: number | null }
  | { readonly failure: { readonly message: string; readonly code: string; readonly syscall: string } };

/** What a thread answers, one answer a question, in order. */
export interface FolderReply {
  readonly answers: readonly FolderAnswer[];
  /** Those of all files, in their order: to post one piece of memory costs as much as to post a thousand bytes of it. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Bytes that are read at once: more than a small file has. */
const piece = Buffer.allocUnsafeSlow(64 << 10);

function reply(questions: readonly FolderQuestion[]): FolderReply {
  const pieces: Buffer[] = [];
  const answers = questions.map((question): FolderAnswer => {
    try {
      if ('folder' in question) return { entries: entriesOf(question.folder) };
      const bytes = read(question.file, question.most);
      if (bytes !== null) pieces.push(bytes);
      return { length: bytes && bytes.length };
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && 'syscall' in error)) throw error;
      return { failure: { message: error.message, code: String(error.code), syscall: String(error.syscall) } };
    }
  });
  const bytes = Buffer.allocUnsafeSlow(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const each of pieces) at += each.copy(bytes, at);
  return { answers, bytes };
}

function entriesOf(folder: string): FolderEntry[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const kind = kindOf(entry);
    return kind === null ? [] : [{ name: entry.name, kind }];
  });
}

function kindOf(entry: Dirent): FolderEntry['kind'] | null {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'folder';
  return entry.isSymbolicLink() ? 'link' : null;
}

function read(path: string, most: number): Buffer | null {
  const file = openSync(path, 'r');
  try {
    const first = readSync(file, piece, 0, piece.length, 0);
    // A look at its size would cost as much as to read a small one.
    const size = first < piece.length ? first : fstatSync(file).size;
    if (size > most) return null;
    if (size === first) return Buffer.from(piece.subarray(0, size));
    const bytes = Buffer.allocUnsafeSlow(size);
    // What is written meanwhile is read or not: the caller checks what was read.
    return bytes.subarray(0, readSync(file, bytes, 0, size, 0));
  } finally {
    closeSync(file);
  }
}

const port = parentPort;
port?.on('message', (questions: FolderQuestion[]) => {
  const answer = reply(questions);
  port.postMessage(answer, [answer.bytes.buffer]);
});
