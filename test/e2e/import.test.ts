import { readFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { athensFiles, infoOf } from '../support/athens-files.js';
import { runCommand } from '../support/command.js';
import { newDataDir, snapshot, summaryOf, writeFiles } from '../support/data-dir.js';
import { moduleZip } from '../support/module-zip.js';
import { ownFolder } from '../support/own-folder.js';

const PSEUDO = 'v0.0.0-20240102030405-0123456789ab';

const folder = ownFolder('import');

describe('stoa import', () => {
  it('takes what is whole of an Athens folder, and tells what it left out and why', async () => {
    const source = join(folder, 'athens');
    const short = athensFiles('example.com/short', 'v1.0.0');
    const zip = short['example.com/short/v1.0.0/source.zip'] as Buffer;
    await writeFiles(source, {
      ...athensFiles('example.com/Team/Upper', 'v1.0.0-RC1'),
      ...athensFiles('example.com/old', 'v2.0.0+incompatible'),
      ...athensFiles('example.com/old', 'v1.0.0'),
      ...athensFiles('example.com/old/v3', 'v3.0.1'),
      ...short,
      'example.com/short/v1.0.0/source.zip': zip.subarray(0, zip.length - 40),
      ...athensFiles('example.com/other', 'v1.0.0'),
      'example.com/other/v1.0.0/go.mod': 'module example.com/another\n',
      ...athensFiles('example.com/wrong', 'v1.0.0'),
      'example.com/wrong/v1.0.0/v1.0.0.info': infoOf('v1.0.1'),
      'example.com/nozip/v1.0.0/go.mod': 'module example.com/nozip\n',
      'example.com/nozip/v1.0.0/v1.0.0.info': infoOf('v1.0.0'),
      ...athensFiles('example.com/major', 'v2.0.0'),
      ...athensFiles('example.com/large', 'v1.0.0'),
      'example.com/large/v1.0.0/source.zip': moduleZip(
        { module: 'example.com/large', version: 'v1.0.0' },
        { 'go.mod': 'module example.com/large\n', 'large.bin': Buffer.alloc(2_000_000, 7) },
      ),
      'README.md': 'not a module',
    });
    const data = await newDataDir(folder);
    const report = join(folder, 'report.jsonl');
    const first = await runCommand(['import', source, '--report', report], data.env);
    expect(first.code).toBe(1);
    expect(summaryOf(first)).toBe('imported 5, already there 0, go.mod alone 0, left out 5');
    const lines = (await readFile(report, 'utf8')).trim().split('\n');
    const told = new Map(
      lines.map((line) => JSON.parse(line) as { name: string; reason: string }).map((l) => [l.name, l.reason]),
    );
    expect([...told.keys()].sort()).toEqual([
      'example.com/major@v2.0.0',
      'example.com/nozip@v1.0.0',
      'example.com/other@v1.0.0',
      'example.com/short@v1.0.0',
      'example.com/wrong@v1.0.0',
    ]);
    expect(told.get('example.com/short@v1.0.0')).toContain('invalid zip');
    expect(told.get('example.com/nozip@v1.0.0')).toContain('no source.zip');
    expect(told.get('example.com/other@v1.0.0')).toContain('go.mod');
    expect(told.get('example.com/wrong@v1.0.0')).toContain('v1.0.1');
    expect(told.get('example.com/major@v2.0.0')).toContain('should be v0 or v1');
    for (const [name, reason] of told) expect(first.out).toContain(`  ${name}: ${reason}\n`);
    expect(first.out + first.err).not.toContain(source);

    expect((await data.stored('example.com/!team/!upper/@v/v1.0.0-!r!c1.mod'))?.toString()).toBe(
      'module example.com/Team/Upper\n',
    );
    expect(await data.stored('example.com/old/@v/v2.0.0+incompatible.zip')).not.toBeNull();
    expect((await data.stored('example.com/old/@v/list'))?.toString()).toBe('v1.0.0\nv2.0.0+incompatible\n');
    for (const kind of ['mod', 'info', 'zip'])
      expect(await data.stored(`example.com/short/@v/v1.0.0.${kind}`)).toBeNull();
    const receipt = JSON.parse(String(await data.stored('.meta/receipts/example.com/old/@v/v1.0.0.json'))) as Record<
      string,
      unknown
    >;
    expect(receipt).toMatchObject({ source: 'import', zipHash: expect.stringMatching(/^h1:/) });
    expect(JSON.stringify(receipt)).not.toContain(folder);

    const before = await snapshot(join(data.folder, 'storage'));
    const second = await runCommand(['import', source], data.env);
    expect(summaryOf(second)).toBe('imported 0, already there 5, go.mod alone 0, left out 5');
    expect((await snapshot(join(data.folder, 'storage'))).filter((line) => !line.includes('/.meta/refused/'))).toEqual(
      before.filter((line) => !line.includes('/.meta/refused/')),
    );
  });

  it('makes the .info that is missing, of the time of the commit or of the zip', async () => {
    const source = join(folder, 'noinfo');
    const when = new Date('2023-04-05T06:07:08Z');
    for (const version of ['v1.0.0', PSEUDO]) {
      const files = { ...athensFiles('example.com/noinfo', version) };
      delete files[`example.com/noinfo/${version}/${version}.info`];
      await writeFiles(source, files);
      await utimes(join(source, 'example.com/noinfo', version, 'source.zip'), when, when);
    }
    const data = await newDataDir(folder);
    const end = await runCommand(['import', source], data.env);
    expect([end.code, summaryOf(end)]).toEqual([
      0,
      'imported 2 (2 without an .info, which was made of their time), already there 0, go.mod alone 0, left out 0',
    ]);
    expect(String(await data.stored('example.com/noinfo/@v/v1.0.0.info'))).toBe(
      '{"Version":"v1.0.0","Time":"2023-04-05T06:07:08Z"}',
    );
    expect(String(await data.stored(`example.com/noinfo/@v/${PSEUDO}.info`))).toContain('2024-01-02T03:04:05Z');
  });

  it.each([
    [['import', '/no/such/folder'], 2],
    [['import', 'https://proxy.example.com'], 2],
    [['import', 's3://Not_A_Bucket', '--endpoint', 'http://127.0.0.1:1'], 2],
    [['import'], 2],
    [['import', '/proc/self/fdinfo'], 1],
  ])('%j ends with %d and one line', async (words, code) => {
    const env = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'hidden' };
    const end = await runCommand(words, { ...(await newDataDir(folder)).env, ...env });
    expect([end.code, end.out]).toEqual([code, '']);
    const lines = end.err.split('\n').filter((line) => !line.startsWith('stoa: Redis does not answer'));
    expect(lines).toEqual([expect.stringMatching(/^stoa: .+/), '']);
  });
});
