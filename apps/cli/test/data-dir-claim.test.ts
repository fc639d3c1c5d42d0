import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataDirClaim } from '../src/data-dir-claim.js';
import { ExpectedFailure } from '../src/expected-failure.js';
import { lives, markProcess } from '../src/process-identity.js';

describe('the claim of a data dir', () => {
  let dataDir: string;
  let file: string;

  beforeEach(() => {
    dataDir = join(mkdtempSync(join(tmpdir(), 'stoa-claim-')), 'data');
    file = join(dataDir, 'standalone.json');
  });

  afterEach(() => rmSync(join(dataDir, '..'), { recursive: true }));

  it('is taken in a folder that is made for it, and leaves nothing behind', () => {
    const { claim, leftover } = DataDirClaim.take(dataDir);
    expect(leftover).toBeNull();
    claim.recordMember('Redis', process.pid);
    expect(readdirSync(dataDir)).toEqual(['standalone.json']);
    claim.release();
    expect(readdirSync(dataDir)).toEqual([]);
  });

  it('is refused while the process that has it lives', () => {
    DataDirClaim.take(dataDir);
    const held = readFileSync(file, 'utf8');
    expect(() => DataDirClaim.take(dataDir)).toThrow(ExpectedFailure);
    expect(() => DataDirClaim.take(dataDir)).toThrow(`process ${process.pid}) runs in ${dataDir}`);
    expect(readFileSync(file, 'utf8')).toBe(held);
    expect(readdirSync(dataDir)).toEqual(['standalone.json']);
  });

  it('passes on from a process that is gone, with what it left, to a later one of the same id', () => {
    const { claim } = DataDirClaim.take(dataDir);
    claim.recordMember('Redis', process.ppid);
    const stale: object = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(
      file,
      JSON.stringify({ ...stale, supervisor: { pid: process.pid, began: 'long ago' }, socketFolder: '/tmp/some' }),
    );

    const { leftover } = DataDirClaim.take(dataDir);
    expect(leftover).toMatchObject({ members: { Redis: markProcess(process.ppid) }, socketFolder: '/tmp/some' });
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ ...leftover, supervisor: markProcess(process.pid) });
  });

  it.each(['', '{"supervisor":', '{}', 'null'])(
    'takes over what a crash of the machine left of a claim: %j',
    (text) => {
      DataDirClaim.take(dataDir).claim.release();
      writeFileSync(file, text);
      expect(DataDirClaim.take(dataDir).leftover).toMatchObject({ members: {} });
    },
  );

  it('says which setting moves a data dir that can not be made', () => {
    writeFileSync(join(dataDir, '..', 'file'), '');
    expect(() => DataDirClaim.take(join(dataDir, '..', 'file', 'data'))).toThrow(/can't be used .*STOA_DATA_DIR/);
  });
});

describe('the mark of a process', () => {
  it('fits the process and no later one', () => {
    const mark = markProcess(process.pid);
    expect(mark && lives(mark)).toBe(true);
    expect(lives({ pid: process.pid, began: `${mark?.began}0` })).toBe(false);
  });

  it('is absent where there is no process', () => {
    expect(markProcess(2 ** 30)).toBeNull();
  });
});
