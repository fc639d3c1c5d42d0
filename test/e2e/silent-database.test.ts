import { createServer, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.js';
import { startChecksumDatabase, type ChecksumDatabase } from '../support/checksum-database.js';
import { startStack, type Stack } from '../support/stack.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';

/** How long a look-up may take, in seconds: the jobs that need it may take ten minutes. */
const LIMIT = 5;

let upstream: FakeUpstream;
let database: ChecksumDatabase;
let stack: Stack;
/** What the database does with a path in place of answering; null: it answers. */
let misbehave: ((path: string, response: ServerResponse) => boolean) | null = null;

/** Stands before the database, which is reached at a URL of its own. */
const relay = createServer((incoming, response) => {
  const path = incoming.url ?? '';
  if (misbehave?.(path, response)) return;
  request(`${upstream.url}/sumdb/sum.test${path}`, (answer) => {
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    answer.pipe(response);
  }).end();
});

beforeAll(async () => {
  upstream = await startUpstream();
  database = await startChecksumDatabase(upstream);
  for (const name of ['first', 'silent', 'dripping', 'tiles', 'next']) upstream.add(`example.com/${name}`, 'v1.0.0');
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  const { port } = relay.address() as AddressInfo;
  const GOSUMDB = `${database.gosumdb} http://127.0.0.1:${port}`;
  stack = await startStack({ env: { GOPROXY: upstream.url, GOSUMDB, STOA_QUERY_TIMEOUT: `${LIMIT}s` } });
});
afterAll(async () => {
  await stack?.close();
  relay.close();
  relay.closeAllConnections();
  await database?.close();
  await upstream?.close();
});

const get = (path: string) => ask(`${stack.url}/example.com/${path}`);

/** One byte a second, for ever. */
function drip(response: ServerResponse): void {
  response.writeHead(200, { 'content-length': 1_000_000 });
  const timer = setInterval(() => response.write('1'), 1_000);
  response.on('close', () => clearInterval(timer));
}

describe('a checksum database that does not come to an end', () => {
  it('is given up after the time of a query: the client is told, nothing goes on, and the next one is served', async () => {
    // Of a record that nobody here looked up only a tile tells.
    await ask(`${upstream.url}/sumdb/sum.test/lookup/example.com/first@v1.0.0`);
    const ends: Promise<unknown>[] = [];
    misbehave = (path, response) => {
      if (!/silent|dripping|^\/tile\//.test(path)) return false;
      ends.push(new Promise((resolve) => response.once('close', resolve)));
      if (path.includes('dripping')) drip(response);
      return true;
    };
    const names = ['silent', 'dripping', 'tiles'];
    const answers = await Promise.all(names.map((name) => get(`${name}/@v/v1.0.0.mod`)));
    expect(answers.map(({ status, text }) => [status, text])).toEqual(
      names.map((name) => [
        504,
        `timed out: example.com/${name}@v1.0.0: the checksum database sum.test does not answer within ${LIMIT} s\n`,
      ]),
    );
    expect(ends.length).toBeGreaterThanOrEqual(names.length);
    await Promise.all(ends);
    misbehave = null;
    expect((await get('next/@v/v1.0.0.mod')).status).toBe(200);
  });
});
