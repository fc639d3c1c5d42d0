import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { RefusalError } from '#libs/protocol';
import { buildGo } from '../../../../test/support/go.js';

/** Real checksum databases (golang.org/x/mod/sumdb), all with one key: an honest one has one log, a liar more. */
export interface TestDatabase {
  readonly verifierKey: string;
  /** Adds records to a log, of example.com/m<i>@v1.0.0, up to a size. Those of another salt have other hashes. */
  grow(log: string, to: number, salt?: string): Promise<void>;
  /** Says what a log will record of a version once it is looked up. */
  record(log: string, version: string, text: string): Promise<void>;
  /** Signs a note with the key of the databases, or with another one of the same name. */
  sign(text: string, key?: 'other'): Promise<Buffer>;
  /** What a log answers at a path. Throws RefusalError as the fetcher does. */
  answer(log: string, path: string): Promise<Buffer>;
  close(): Promise<void>;
}

/** Starts the program in test/judge. */
export async function startTestDatabase(): Promise<TestDatabase> {
  const program = await buildGo(fileURLToPath(new URL('../judge', import.meta.url)), 'sumdb-judge');
  const child = spawn(program, { stdio: ['pipe', 'pipe', 'ignore'] });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const [url = '', verifierKey = ''] = line.split(' ');
  const ask = async (path: string, body?: string): Promise<Buffer> => {
    // Asked for what its log does not have, the database hangs up.
    const response = await fetch(`${url}/${path}`, body === undefined ? {} : { method: 'POST', body }).catch(
      () => null,
    );
    if (response?.ok) return Buffer.from(await response.arrayBuffer());
    throw new RefusalError(
      response?.status === 404 ? 'not-found' : 'upstream',
      `the database says ${response?.status ?? 'nothing'}`,
    );
  };
  return {
    verifierKey,
    grow: async (log, to, salt = '') => void (await ask(`${log}/-/grow?to=${to}&salt=${salt}`)),
    record: async (log, version, text) => void (await ask(`${log}/-/record?of=${version}`, text)),
    sign: (text, key) => ask(`-/sign?key=${key ?? ''}`, text),
    answer: (log, path) => ask(`${log}/${path}`),
    async close() {
      const exited = once(child, 'exit');
      child.stdin.end();
      await exited;
    },
  };
}
