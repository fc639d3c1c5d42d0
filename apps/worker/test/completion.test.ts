import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Receipt } from '#libs/ingest';
import { parseIndexKey, receiptKey } from '#libs/storage';
import { status } from '../../../test/support/upstream.js';
import { CONTEXT, dyingAt, startWorking, type Working } from './working.js';

const VERSION = { module: 'example.com/M', version: 'v1.0.0' };
const BASE = '/example.com/!m/@v/v1.0.0';

let working: Working;

beforeEach(async () => {
  working = await startWorking();
  working.upstream.add(VERSION.module, VERSION.version);
});
afterEach(() => working.close());

const receipt = async (): Promise<Receipt | null> =>
  JSON.parse((await working.read(receiptKey(VERSION))) ?? 'null') as Receipt | null;
const indexed = async () => (await working.keys('.meta/index/')).map(parseIndexKey);

/** One receipt and one index entry of the same time. */
async function expectEntered(source: string): Promise<void> {
  const kept = await receipt();
  expect(kept).toMatchObject({ ...VERSION, source });
  expect(await indexed()).toEqual([{ ...VERSION, time: kept?.stored }]);
}

async function expectNotEntered(): Promise<void> {
  expect([await receipt(), await indexed()]).toEqual([null, []]);
}

describe('a version is entered', () => {
  it('with its zip, when the rest is stored', async () => {
    const worker = working.worker();
    await worker['fetch.mod'](VERSION, CONTEXT);
    await expectNotEntered();
    await worker['fetch.zip'](VERSION, CONTEXT);
    await expectEntered('proxy');
  });

  it('with its .info, when that comes last', async () => {
    const worker = working.worker();
    await worker['fetch.zip'](VERSION, CONTEXT);
    await expectNotEntered();
    await worker['fetch.mod'](VERSION, CONTEXT);
    await expectEntered('storage');
    expect(working.upstream.count(`${BASE}.zip`)).toBe(1);
  });

  it('not at all while there is no .info, and when there is one at last', async () => {
    const worker = working.worker();
    working.upstream.respond(`${BASE}.info`, status(500));
    await worker['fetch.zip'](VERSION, CONTEXT);
    await expect(worker['fetch.mod'](VERSION, CONTEXT)).rejects.toMatchObject({ kind: 'upstream' });
    await expectNotEntered();
    working.upstream.respond(`${BASE}.info`, (_request, _response, serve) => serve());
    await worker['fetch.mod'](VERSION, CONTEXT);
    await expectEntered('storage');
  });

  it('once, when both jobs end at the same time and run on several workers', async () => {
    const jobs = ['fetch.mod', 'fetch.zip', 'fetch.mod', 'fetch.zip'] as const;
    await Promise.all(jobs.map((job) => working.worker()[job](VERSION, CONTEXT)));
    expect(await indexed()).toEqual([{ ...VERSION, time: (await receipt())?.stored }]);
  });

  it('once, however often its jobs are run', async () => {
    for (const job of ['fetch.mod', 'fetch.zip', 'fetch.zip', 'fetch.mod'] as const)
      await working.worker()[job](VERSION, CONTEXT);
    await expectEntered('proxy');
  });
});

describe('a worker that dies', () => {
  it.each([
    ['before the receipt', /^\.meta\/receipts\//, 'storage'],
    ['between receipt and index entry', /^\.meta\/index\//, 'proxy'],
  ])('%s: who takes over its fetch.zip enters the version', async (_name, where, source) => {
    await working.worker()['fetch.mod'](VERSION, CONTEXT);
    const died = working.worker(dyingAt(working.objects, where))['fetch.zip'](VERSION, CONTEXT);
    await expect(died).rejects.toThrow('died');
    expect(await indexed()).toEqual([]);
    working.later();
    await working.worker()['fetch.zip'](VERSION, CONTEXT);
    await expectEntered(source);
    expect(working.upstream.count(`${BASE}.zip`)).toBe(1);
  });

  it.each([
    ['before the receipt', /^\.meta\/receipts\//],
    ['between receipt and index entry', /^\.meta\/index\//],
  ])('%s: who takes over its fetch.mod enters the version', async (_name, where) => {
    await working.worker()['fetch.zip'](VERSION, CONTEXT);
    const died = working.worker(dyingAt(working.objects, where))['fetch.mod'](VERSION, CONTEXT);
    await expect(died).rejects.toThrow('died');
    expect(await indexed()).toEqual([]);
    working.later();
    await working.worker()['fetch.mod'](VERSION, CONTEXT);
    await expectEntered('storage');
    expect(working.upstream.count(`${BASE}.info`)).toBe(1);
  });

  it('before the zip is stored leaves nothing that is entered', async () => {
    await working.worker()['fetch.mod'](VERSION, CONTEXT);
    const died = working.worker(dyingAt(working.objects, /\.zip$/))['fetch.zip'](VERSION, CONTEXT);
    await expect(died).rejects.toThrow('died');
    await working.worker()['fetch.mod'](VERSION, CONTEXT);
    await expectNotEntered();
  });
});
