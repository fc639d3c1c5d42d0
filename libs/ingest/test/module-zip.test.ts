import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RefusalError } from '#libs/protocol';
import { checkModuleZip } from '../src/zip/module-zip.js';
import { craftZip } from './support/crafted-zip.js';
import { Judge, type Answer } from './support/judge.js';
import { REFUSED } from './support/broken-zips.js';
import { LEGAL } from './support/legal-zips.js';
import { file, GO_MOD, PREFIX, VERSION, type GoVerdict, type ZipCase } from './support/zip-case.js';

let dir: string;
let judge: Judge;
const answers = new Map<ZipCase, Answer>();
const pathOf = (zipCase: ZipCase) => join(dir, `${[...LEGAL, ...REFUSED].indexOf(zipCase)}.zip`);

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stoa-zip-'));
  judge = new Judge();
  const cases = [...LEGAL, ...REFUSED];
  for (const zipCase of cases) await writeFile(pathOf(zipCase), zipCase.zip);
  const questions = cases.map((zipCase) => ({ path: pathOf(zipCase), version: zipCase.version, extract: true }));
  judge.zips(questions).forEach((answer, i) => answers.set(cases[i]!, answer));
}, 180_000);

afterAll(async () => {
  judge.close();
  await rm(dir, { recursive: true });
});

function goVerdict(answer: Answer | undefined): GoVerdict {
  if (answer?.Check !== '') return 'refuses';
  return answer.Unzip === '' && answer.Hash === '' ? 'accepts' : 'fails later';
}

/** The refusal of a zip; fails the test when it is accepted or broken otherwise. */
function refusal(path: string): RefusalError {
  try {
    checkModuleZip(path, VERSION);
  } catch (error) {
    if (error instanceof RefusalError) return error;
    throw error;
  }
  throw new Error('the zip was accepted');
}

async function write(name: string, zip: Buffer): Promise<string> {
  const path = join(dir, name);
  await writeFile(path, zip);
  return path;
}

describe('a legal module zip passes', () => {
  it.each(LEGAL)('with $title', (zipCase) => {
    expect(goVerdict(answers.get(zipCase))).toBe('accepts');
    const report = checkModuleZip(pathOf(zipCase), zipCase.version);
    expect(report.hash).toBe(answers.get(zipCase)?.H1);
  });

  it('and its entries, sizes and go.mod are reported', async () => {
    const zip = craftZip([GO_MOD, { name: `${PREFIX}sub/` }, file('sub/a.go', { content: 'package a\n' })]);
    expect(checkModuleZip(await write('report.zip', zip), VERSION)).toEqual({
      entries: 3,
      uncompressed: 'module example.com/Mod\n'.length + 'package a\n'.length,
      goMod: Buffer.from('module example.com/Mod\n'),
      hash: expect.stringMatching(/^h1:.{43}=$/),
    });
  });

  it('without a go.mod, and says so', async () => {
    expect(checkModuleZip(await write('bare.zip', craftZip([file('a.go')])), VERSION).goMod).toBeNull();
  });

  it('when x/mod made it of a folder', () => {
    const zip = join(dir, 'made.zip');
    judge.create(join(import.meta.dirname, 'judge'), VERSION, zip);
    const report = checkModuleZip(zip, VERSION);
    expect(report.entries).toBe(3);
    expect(report.goMod?.toString()).toContain('module stoa/libs/ingest/test/judge');
  });

  it.each([
    ['60,000 entries', 60_000, {}],
    ['70,000 entries, counted by zip64', 70_000, { zip64: 'yes' }],
    ['70,000 entries, counted modulo 65,536', 70_000, {}],
  ] as const)('with %s', async (title, count, end) => {
    const entries = Array.from({ length: count }, (_, i) =>
      file(`pkg${i % 300}/sub${i % 7}/file${i}.go`, { content: '' }),
    );
    const path = await write(`${title}.zip`, craftZip(entries, end));
    const report = checkModuleZip(path, VERSION);
    expect(report.entries).toBe(count);
    expect(judge.hash(path)).toBe(report.hash);
  });
});

describe('a zip that breaks a rule is refused', () => {
  it.each(REFUSED)('for $title', (zipCase) => {
    expect(goVerdict(answers.get(zipCase))).toBe(zipCase.go);
    expect(refusal(pathOf(zipCase)).message).toMatch(zipCase.reason!);
  });

  it('as not-found, with the version and the rule in one line', async () => {
    const error = refusal(await write('line.zip', craftZip([file('a\nb')])));
    expect(error.kind).toBe('not-found');
    expect(error.message).toBe(`example.com/Mod@v1.2.3: invalid zip: malformed file path "a\\nb": invalid char '\\n'`);
  });

  it('in a short message however long the names are', async () => {
    const error = refusal(await write('long.zip', craftZip([file('x'.repeat(60_000)), file('X'.repeat(60_000))])));
    expect(error.message).toMatch(/collision/);
    expect(Buffer.byteLength(error.message)).toBeLessThan(500);
  });

  it('when the file is over 500 MiB', async () => {
    const path = await write('large.zip', craftZip([GO_MOD]));
    await truncate(path, (500 << 20) + 1);
    expect(refusal(path).message).toMatch(/the file is too large \(524288001 bytes; limit is 524288000 bytes\)/);
    expect(judge.zips([{ path, version: VERSION, extract: false }])[0]?.Check).toMatch(/too large/);
  });

  it('when its directory is over 64 MiB', async () => {
    const extra = Buffer.alloc(0xffff);
    const entries = Array.from({ length: 1_030 }, (_, i) => file(`f${i}`, { content: '', central: { extra } }));
    expect(refusal(await write('directory.zip', craftZip(entries))).message).toMatch(/central directory is too large/);
  });

  it('when it has too many entries', async () => {
    const one = craftZip([{ name: PREFIX }]);
    const header = one.subarray(one.indexOf('PK\x01\x02'), -22);
    const afterHeaders = Buffer.alloc(header.length * ((1 << 18) + 1), header);
    expect(refusal(await write('entries.zip', craftZip([], { afterHeaders }))).message).toMatch(/too many entries/);
  });

  it('when few entries mean too many folders', async () => {
    const entries = Array.from({ length: 9 }, (_, i) => file(`${i}/${'a/'.repeat(32_000)}b`));
    expect(refusal(await write('folders.zip', craftZip(entries))).message).toMatch(/too many files and folders/);
  });
});

it('a file that can not be read is a fault, not a refusal', () => {
  expect(() => checkModuleZip(join(dir, 'absent.zip'), VERSION)).toThrow(/ENOENT/);
  expect(() => checkModuleZip(dir, VERSION)).toThrow(/EISDIR/);
});
