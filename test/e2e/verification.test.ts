import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.js';
import { startChecksumDatabase, type ChecksumDatabase } from '../support/checksum-database.js';
import { goClient } from '../support/go.js';
import { startStack, type Stack } from '../support/stack.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';

let upstream: FakeUpstream;
let database: ChecksumDatabase;
let stack: Stack;

beforeAll(async () => {
  upstream = await startUpstream();
  database = await startChecksumDatabase(upstream);
  for (const name of ['true', 'forged', 'forged-mod'])
    upstream.add(`example.com/${name}`, 'v1.0.0', { files: { 'a.go': 'package a\n' } });
  stack = await startStack({ env: { GOPROXY: upstream.url, GOSUMDB: database.gosumdb } });
});
afterAll(async () => {
  await stack?.close();
  await database?.close();
  await upstream?.close();
});

const get = (path: string) => ask(`${stack.url}/${path}`);
const stored = (path: string) => readFile(join(stack.folder, 'data/storage', path), 'utf8').catch(() => null);
/** Makes the database record a version as it is now. */
const record = (module: string) => ask(`${upstream.url}/sumdb/sum.test/lookup/${module}@v1.0.0`);

describe('a worker with a checksum database', () => {
  it('stores what the database agrees with; the receipt has the hashes of go.sum', async () => {
    expect((await get('example.com/true/@v/v1.0.0.info')).status).toBe(200);
    expect((await get('example.com/true/@v/v1.0.0.zip')).status).toBe(200);
    const { text } = await record('example.com/true');
    const [, zip, goMod] = /v1\.0\.0 (h1:\S+)\n.*v1\.0\.0\/go\.mod (h1:\S+)\n/.exec(text) ?? [];
    expect(JSON.parse((await stored('.meta/receipts/example.com/true/@v/v1.0.0.json')) ?? '')).toMatchObject({
      zipHash: zip,
      goModHash: goMod,
      checks: ['zip-rules', 'go.mod', 'checksum-database:sum.test'],
    });
  });

  it('refuses a zip that was changed after the database saw it', async () => {
    await record('example.com/forged');
    upstream.add('example.com/forged', 'v1.0.0', { files: { 'a.go': 'package evil\n' } });
    expect((await get('example.com/forged/@v/v1.0.0.info')).status).toBe(200);
    const zip = await get('example.com/forged/@v/v1.0.0.zip');
    expect([zip.status, zip.text]).toEqual([
      403,
      expect.stringMatching(
        /^forbidden: example\.com\/forged@v1\.0\.0: SECURITY ERROR: checksum mismatch: zip downloaded: h1:\S{44}, sum\.test: h1:\S{44}\n$/,
      ),
    ]);
    expect(await stored('example.com/forged/@v/v1.0.0.zip')).toBeNull();
    expect(await stored('.meta/refused/example.com/forged/@v/v1.0.0.json')).toContain('"wanted"');
  });

  it('refuses a go.mod that was changed, and go prints why', async () => {
    await record('example.com/forged-mod');
    upstream.add('example.com/forged-mod', 'v1.0.0', { mod: 'module example.com/forged-mod\n\ngo 1.1\n' });
    const client = await goClient({ GOPROXY: stack.url, GOSUMDB: 'off' });
    try {
      await writeFile(join(client.folder, 'go.mod'), 'module example.net/p\n\ngo 1.20\n');
      const run = await client.run(['get', 'example.com/forged-mod@v1.0.0']);
      expect(run.code).not.toBe(0);
      expect(run.stderr).toContain('SECURITY ERROR: checksum mismatch: go.mod downloaded: h1:');
    } finally {
      await client.close();
    }
    expect(await stored('example.com/forged-mod/@v/v1.0.0.mod')).toBeNull();
    expect(await stored('example.com/forged-mod/@v/v1.0.0.info')).toBeNull();
  });

  it('with STOA_VERIFY off asks no database', async () => {
    const other = await startStack({
      env: { GOPROXY: upstream.url, GOSUMDB: database.gosumdb, STOA_VERIFY: 'off' },
    });
    try {
      const asked = upstream.requests.filter(({ path }) => path.startsWith('/sumdb/')).length;
      expect((await ask(`${other.url}/example.com/forged/@v/v1.0.0.zip`)).status).toBe(200);
      expect(upstream.requests.filter(({ path }) => path.startsWith('/sumdb/')).length).toBe(asked);
    } finally {
      await other.close();
    }
  });
});
