import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ZipChecker, type Receipt } from '#libs/ingest';
import { RefusalError, type ModuleVersion } from '#libs/protocol';
import { readBody, receiptKey, refusedKey } from '#libs/storage';
import { status } from '../../../test/support/upstream.js';
import { CONTEXT, startWorking, type Working } from './working.js';

const VERSION = { module: 'example.com/m', version: 'v1.0.0' };
const FOLDER = 'example.com/m/@v/v1.0.0';
const FILES = { 'a.go': 'package a\n' };
const LIE = 'h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=';

/** What the database answers, and what it was asked. */
let answer: (version: ModuleVersion) => Promise<{ zip: string; goMod: string }>;
let asked: string[];
let working: Working;

beforeEach(async () => {
  asked = [];
  const checksums = (version: ModuleVersion) => {
    asked.push(`${version.module}@${version.version}`);
    return answer(version);
  };
  working = await startWorking({ database: { name: 'sum.test', limit: 60_000, client: { checksums } } });
  working.upstream.add(VERSION.module, VERSION.version, { files: FILES });
});
afterEach(() => working.close());

const run = (job: 'fetch.mod' | 'fetch.zip', version: ModuleVersion = VERSION) =>
  working.worker()[job](version, CONTEXT);
const json = async <T>(key: string): Promise<T> => JSON.parse((await working.read(key)) ?? 'null') as T;
const evidence = () => json<Record<string, string>>(refusedKey(VERSION));
const kept = async () => (await working.keys('')).filter((key) => !key.startsWith('.meta/refused/'));
const counted = async (result: string) =>
  (await working.metrics.verifications.get()).values.find(({ labels }) => labels.result === result)?.value ?? 0;

/** Says nothing as long as it is listened to. */
async function silence(_: ModuleVersion, ends: AbortSignal): Promise<never> {
  await once(ends, 'abort');
  throw ends.reason as Error;
}

/** The hashes of the version as it is, learnt where no database stands in the way. */
async function honest(): Promise<{ zip: string; goMod: string }> {
  const other = await startWorking();
  const zips = new ZipChecker(1);
  try {
    other.upstream.add(VERSION.module, VERSION.version, { files: FILES });
    await other.worker()['fetch.mod'](VERSION, CONTEXT);
    await other.worker()['fetch.zip'](VERSION, CONTEXT);
    const { goModHash } = JSON.parse((await other.read(receiptKey(VERSION))) ?? '') as Receipt;
    const copy = join(other.scratch.root, 'copy.zip');
    await writeFile(copy, await readBody((await other.objects.get(`${FOLDER}.zip`))!.body));
    return { zip: (await zips.check(copy, VERSION)).hash, goMod: goModHash };
  } finally {
    await zips.close();
    await other.close();
  }
}

describe('what a checksum database covers', () => {
  it('is stored when the database agrees, and the receipt says so', async () => {
    const hashes = await honest();
    answer = () => Promise.resolve(hashes);
    await run('fetch.mod');
    await run('fetch.zip');
    expect(await json<Receipt>(receiptKey(VERSION))).toMatchObject({
      zipHash: hashes.zip,
      goModHash: hashes.goMod,
      checks: ['zip-rules', 'go.mod', 'checksum-database:sum.test'],
    });
    expect(await working.read(refusedKey(VERSION))).toBeNull();
  });

  it('is looked up while it is fetched', async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const { promise: looked, resolve: look } = Promise.withResolvers<void>();
    const hashes = await honest();
    answer = async () => {
      look();
      await released;
      return hashes;
    };
    working.upstream.respond(`/${FOLDER}.zip`, async (_request, _response, serve) => {
      await looked;
      serve();
      release();
    });
    await run('fetch.zip');
    expect(await kept()).toContain(`${FOLDER}.zip`);
  });

  it.each([
    ['fetch.mod', { goMod: LIE }, 'go.mod'],
    ['fetch.zip', { zip: LIE }, 'zip'],
    ['fetch.zip', { goMod: LIE }, 'go.mod'],
  ] as const)('is refused by %s and nothing stored when the database says %o', async (job, lie, file) => {
    const hashes = await honest();
    answer = () => Promise.resolve({ ...hashes, ...lie });
    const got = file === 'zip' ? hashes.zip : hashes.goMod;
    await expect(run(job)).rejects.toMatchObject({
      kind: 'forbidden',
      message: `example.com/m@v1.0.0: SECURITY ERROR: checksum mismatch: ${file} downloaded: ${got}, sum.test: ${LIE}`,
    });
    expect(await kept()).toEqual([]);
    expect(await counted('checksum-mismatch')).toBe(1);
    expect(await evidence()).toEqual({
      ...VERSION,
      refused: expect.stringMatching(/^\d{4}-.*Z$/),
      file,
      source: 'proxy',
      by: 'sum.test',
      wanted: LIE,
      got,
    });
  });

  it.each(['fetch.mod', 'fetch.zip'] as const)(
    'is refused by %s with the words of a database that does not know it',
    async (job) => {
      answer = () => Promise.reject(new RefusalError('not-found', 'example.com/m@v1.0.0: unknown revision'));
      await expect(run(job)).rejects.toMatchObject({ kind: 'not-found', message: /unknown revision/ });
      expect(await working.keys('')).toEqual([]);
      expect(await counted('checksum-unavailable')).toBe(1);
    },
  );

  it.each(['fetch.mod', 'fetch.zip'] as const)(
    'is refused by %s in time when the database says nothing, however long the job may take',
    async (job) => {
      const worker = working.worker(undefined, { name: 'sum.test', limit: 50, client: { checksums: silence } });
      await expect(worker[job](VERSION, CONTEXT)).rejects.toMatchObject({
        kind: 'timeout',
        message: /database sum\.test does not answer within/,
      });
      expect(await working.keys('')).toEqual([]);
      expect(await counted('checksum-unavailable')).toBe(1);
    },
  );

  it('is refused, with evidence, when the database is caught lying', async () => {
    answer = () => Promise.reject(new RefusalError('forbidden', 'example.com/m@v1.0.0: SECURITY ERROR: forged tile'));
    await expect(run('fetch.zip')).rejects.toMatchObject({ kind: 'forbidden' });
    expect(await kept()).toEqual([]);
    expect(await counted('checksum-refused')).toBe(1);
    expect(await evidence()).toMatchObject({ ...VERSION, reason: 'example.com/m@v1.0.0: SECURITY ERROR: forged tile' });
  });

  it('is refused as its source refuses it, whatever the database says later', async () => {
    const { promise, reject } = Promise.withResolvers<never>();
    answer = () => promise;
    working.upstream.respond(`/${FOLDER}.zip`, status(404, 'gone'));
    await expect(run('fetch.zip')).rejects.toMatchObject({ kind: 'not-found', message: /gone/ });
    // Nobody waits for it any more: unhandled, it would fail this run.
    reject(new RefusalError('upstream', 'too late'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(await working.keys('')).toEqual([]);
  });

  it('is checked again when it was stored before but never entered', async () => {
    const hashes = await honest();
    answer = () => Promise.resolve(hashes);
    await run('fetch.zip');
    answer = () => Promise.resolve({ ...hashes, zip: LIE });
    await expect(run('fetch.mod')).rejects.toMatchObject({ kind: 'forbidden' });
    expect(await working.read(receiptKey(VERSION))).toBeNull();
    expect(await evidence()).toMatchObject({ file: 'zip', source: 'storage', wanted: LIE });
  });

  it('is served no longer when it is stored and fails that check, and is fetched again', async () => {
    const hashes = await honest();
    working.upstream.add(VERSION.module, VERSION.version, { files: { 'a.go': 'package evil\n' } });
    await working.worker(undefined, null)['fetch.zip'](VERSION, CONTEXT);
    const evil = await working.read(`${FOLDER}.zip`);
    working.upstream.add(VERSION.module, VERSION.version, { files: FILES });
    answer = () => Promise.resolve(hashes);

    await expect(run('fetch.mod')).rejects.toMatchObject({ kind: 'forbidden', message: /SECURITY ERROR/ });
    expect(await working.read(`${FOLDER}.zip`)).toBeNull();
    expect(working.told).toContain(`${FOLDER}.zip`);
    const [moved = '', why = ''] = await working.keys(`.meta/quarantine/${FOLDER}.zip`);
    expect(await working.read(moved)).toBe(evil);
    expect(await json(why)).toMatchObject({ key: `${FOLDER}.zip`, reason: expect.stringContaining(hashes.zip) });

    await run('fetch.zip');
    expect((await json<Receipt>(receiptKey(VERSION))).zipHash).toBe(hashes.zip);
  });

  it('takes the place of a stored go.mod that the database does not know', async () => {
    const hashes = await honest();
    await working.objects.put(`${FOLDER}.mod`, Buffer.from('module evil\n'), { size: 12, mode: 'create' });
    answer = () => Promise.resolve(hashes);
    await run('fetch.zip');
    await run('fetch.mod');
    expect(await working.read(`${FOLDER}.mod`)).toBe('module example.com/m\n');
    expect(working.told).toContain(`${FOLDER}.mod`);
    const [moved = ''] = await working.keys(`.meta/quarantine/${FOLDER}.mod`);
    expect(await working.read(moved)).toBe('module evil\n');
    expect((await json<Receipt>(receiptKey(VERSION))).goModHash).toBe(hashes.goMod);
  });
});

describe('a zip that comes second', () => {
  it('leaves the receipt to the zip that is stored', async () => {
    const hashes = await honest();
    answer = () => Promise.resolve(hashes);
    await run('fetch.mod');
    await Promise.all([run('fetch.zip'), run('fetch.zip')]);
    expect((await json<Receipt>(receiptKey(VERSION))).zipHash).toBe(hashes.zip);
  });
});
