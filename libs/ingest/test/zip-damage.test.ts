import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RefusalError } from '#libs/protocol';
import { checkModuleZip, type ZipReport } from '../src/zip/module-zip.js';
import { craftZip, type CraftedEntry, type CraftedEnd } from './support/crafted-zip.js';
import { Judge, type Answer } from './support/judge.js';
import { file, GO_MOD, VERSION } from './support/zip-case.js';

let dir: string;
let judge: Judge;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stoa-damage-'));
  judge = new Judge();
}, 180_000);
afterAll(async () => {
  judge.close();
  await rm(dir, { recursive: true });
});

/** Where Stoa says no and Go does not: the reasons for which it is stricter. */
const STRICTER = /disagrees with the directory|is encrypted|malformed central directory|not where the end record says/;

interface Verdicts {
  readonly at: string;
  readonly ours: ZipReport | string;
  readonly go: Answer;
}

/** Our verdict and Go's on each zip that differs from this one in a single byte. */
async function damaged(entries: readonly CraftedEntry[], end: CraftedEnd): Promise<Verdicts[]> {
  const zip = craftZip(entries, end);
  const verdicts = [];
  for (let at = 0; at < zip.length; at++) {
    for (const change of [0x01, 0x20, 0x80, 0xff]) {
      const path = join(dir, `${at}-${change}.zip`);
      const bytes = Buffer.from(zip);
      bytes[at]! ^= change;
      await writeFile(path, bytes);
      verdicts.push({ at: `byte ${at} ^ ${change}`, path, ours: verdict(path) });
    }
  }
  const answers = judge.zips(verdicts.map(({ path }) => ({ path, version: VERSION, extract: true })));
  return verdicts.map(({ at, ours }, i) => ({ at, ours, go: answers[i]! }));
}

function verdict(path: string): ZipReport | string {
  try {
    return checkModuleZip(path, VERSION);
  } catch (error) {
    if (error instanceof RefusalError) return error.message;
    throw error;
  }
}

it.each<[string, CraftedEnd, CraftedEntry[]]>([
  ['a plain zip', {}, [GO_MOD, file('a'), file('b/c', { method: 0 })]],
  ['a zip with data descriptors', {}, [{ ...GO_MOD, descriptor: 'signed' }, file('a', { descriptor: 'signed' })]],
  ['a zip64', { zip64: 'yes' }, [GO_MOD, file('a', { zip64: true })]],
])(
  'agrees with Go on every damaged byte of %s',
  async (_title, end, entries) => {
    const verdicts = await damaged(entries, end);
    const accepted = verdicts.filter(({ ours }) => typeof ours !== 'string');
    expect(accepted.filter(({ go }) => go.Check !== '')).toEqual([]);
    expect(accepted.filter(({ ours, go }) => typeof ours !== 'string' && ours.entries !== go.Files)).toEqual([]);
    expect(accepted.filter(({ ours, go }) => typeof ours !== 'string' && ours.hash !== go.H1)).toEqual([]);

    const wronged = verdicts.filter(({ ours, go }) => typeof ours === 'string' && !go.Check && !go.Unzip && !go.Hash);
    expect(wronged.filter(({ ours }) => typeof ours === 'string' && !STRICTER.test(ours))).toEqual([]);
    expect(accepted.length).toBeGreaterThan(50);
  },
  120_000,
);
