import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Receipt } from '#libs/ingest';
import { receiptKey, refusedKey } from '#libs/storage';
import { moduleZip, writeZip } from '../../../test/support/module-zip.js';
import { CONTEXT, startWorking, type Working } from './working.js';

const SECRET = { module: 'git.private.example/m', version: 'v1.0.0' };
const FOLDER = 'git.private.example/m/@v/v1.0.0';
const MOD = `module ${SECRET.module}\n`;
const NAME = `${SECRET.module}@${SECRET.version}`;

let asked: string[];
let working: Working;

beforeEach(async () => {
  asked = [];
  const checksums = ({ module }: { module: string }) => {
    asked.push(module);
    return Promise.resolve({ zip: 'h1:zip', goMod: 'h1:mod' });
  };
  working = await startWorking({ database: { name: 'sum.test', limit: 60_000, client: { checksums } } });
  add('first');
});
afterEach(() => working.close());

const add = (word: string, mod = MOD) =>
  working.upstream.add(SECRET.module, SECRET.version, { mod, files: { 'a.go': word } });
const addZip = (zip: Buffer) => working.upstream.add(SECRET.module, SECRET.version, { mod: MOD, zip });
/** Runs jobs of the version, on a worker that verifies or on one that does not. */
const fetch = async (verifies: boolean, ...kinds: ('mod' | 'zip')[]) => {
  const worker = verifies ? working.worker() : working.worker(undefined, null);
  for (const kind of kinds) await worker[`fetch.${kind}`](SECRET, CONTEXT);
};
const lose = (...kinds: string[]) => Promise.all(kinds.map((kind) => working.objects.delete(`${FOLDER}.${kind}`)));
const json = async <T>(key: string): Promise<T> => JSON.parse((await working.read(key)) ?? 'null') as T;
const receipt = () => json<Receipt>(receiptKey(SECRET));
const counted = async (result: string) =>
  (await working.metrics.verifications.get()).values.find(({ labels }) => labels.result === result)?.value ?? 0;

describe('what no database covers', () => {
  it('is named to no database', async () => {
    await fetch(true, 'mod', 'zip');
    expect(asked).toEqual([]);
    expect((await receipt()).checks).toEqual(['zip-rules', 'go.mod']);
  });

  it('is fetched again when its zip was lost', async () => {
    await fetch(true, 'mod', 'zip');
    const before = await working.read(`${FOLDER}.zip`);
    await lose('zip');
    await fetch(true, 'zip');
    expect(await working.read(`${FOLDER}.zip`)).toBe(before);
  });

  it.each([
    ['its content', 'h1', true],
    ['its file, where nothing is verified', 'sha256', false],
  ])('is refused when its source has another zip than was seen first, by %s', async (_by, hash, verifies) => {
    await fetch(verifies, 'mod', 'zip');
    const { zipHash } = await receipt();
    await lose('zip', 'mod', 'info');
    add('other');
    await expect(fetch(verifies, 'zip')).rejects.toMatchObject({
      kind: 'forbidden',
      message: expect.stringMatching(
        `: SECURITY ERROR: checksum mismatch: zip downloaded: ${hash}:\\S+, first seen: ${hash}:\\S+$`,
      ),
    });
    expect(await working.keys('git.private.example/')).toEqual([]);
    expect(await json(refusedKey(SECRET))).toMatchObject({ file: 'zip', by: 'first seen', wanted: zipHash });
    expect(await counted('moved-tag')).toBe(1);
  });

  it('is the same in another zip file of the same content', async () => {
    await fetch(true, 'mod', 'zip');
    const { zipHash } = await receipt();
    await lose('zip');
    addZip(
      writeZip([
        { name: `${NAME}/a.go`, data: 'first', deflate: true },
        { name: `${NAME}/go.mod`, data: MOD },
      ]),
    );
    await fetch(true, 'zip');
    expect((await receipt()).zipHash).toBe(zipHash);
  });

  it('is held by its content where that was hashed when it was seen first, by who verifies nothing too', async () => {
    await fetch(true, 'mod', 'zip');
    await lose('zip', 'mod', 'info');
    add('other');
    await expect(fetch(false, 'zip')).rejects.toMatchObject({ kind: 'forbidden', message: /first seen: h1:/ });
  });

  it('is refused when its content is not what its zip says', async () => {
    addZip(
      writeZip([
        { name: `${NAME}/go.mod`, data: MOD },
        { name: `${NAME}/a.go`, data: 'first', crc32: 1 },
      ]),
    );
    await expect(fetch(true, 'zip')).rejects.toMatchObject({ kind: 'not-found', message: /invalid zip/ });
    expect(await working.keys('git.private.example/')).toEqual([]);
  });

  it('is checked by its content when it was stored before but never entered', async () => {
    const zip = moduleZip(SECRET, { 'go.mod': MOD, 'a.go': 'first' });
    await working.objects.put(`${FOLDER}.zip`, zip, { size: zip.length, mode: 'create' });
    await fetch(true, 'mod');
    expect((await receipt()).zipHash).toMatch(/^h1:/);
  });

  it('is refused when its source has another go.mod than was seen first', async () => {
    await fetch(true, 'mod', 'zip');
    await lose('zip', 'mod', 'info');
    add('first', `module ${SECRET.module}\n\ngo 1.21\n`);
    await expect(fetch(true, 'mod')).rejects.toMatchObject({ kind: 'forbidden' });
    expect(await working.keys('git.private.example/')).toEqual([]);
  });

  it('is free to change after it was deleted with its receipt', async () => {
    await fetch(true, 'mod', 'zip');
    await lose('zip', 'mod', 'info');
    await working.objects.delete(receiptKey(SECRET));
    add('other', `module ${SECRET.module}\n\ngo 1.21\n`);
    await fetch(true, 'mod', 'zip');
    expect(await counted('moved-tag')).toBe(0);
  });
});
