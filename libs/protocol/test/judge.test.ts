import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { answers, disagreements, type Case } from './answers.js';
import {
  hostileInfo,
  hostileList,
  hostileLookup,
  hostileMatch,
  hostilePath,
  hostileTile,
  hostileVersion,
} from './hostile.js';

const CASES_PER_FUNCTION = 850;
const BUILD_TIMEOUT = 300_000;
const path = fc.tuple(hostilePath);
const version = fc.tuple(hostileVersion);
const inputs: Record<string, fc.Arbitrary<string[]>> = {
  'module.CheckPath': path,
  'module.CheckImportPath': path,
  'module.CheckFilePath': path,
  'module.Check': fc.tuple(hostilePath, hostileVersion),
  'module.SplitPathVersion': path,
  'module.CanonicalVersion': version,
  'module.EscapePath': path,
  'module.UnescapePath': path,
  'module.EscapeVersion': version,
  'module.UnescapeVersion': version,
  'module.IsPseudoVersion': version,
  'module.MatchPrefixPatterns': hostileMatch,
  'path.Match': hostileMatch,
  'semver.IsValid': version,
  'semver.Canonical': version,
  'semver.Major': version,
  'semver.Prerelease': version,
  'semver.Build': version,
  'semver.Compare': fc.tuple(hostileVersion, hostileVersion),
  'modfile.AutoQuote': path,
  'tlog.ParseTilePath': fc.tuple(hostileTile),
  'sumdb.lookup': fc.tuple(hostileLookup),
  list: fc.tuple(fc.constantFrom('example.com/x', 'example.com/x/v2', 'gopkg.in/x.v1', 'x'), hostileList),
  info: fc.tuple(hostileInfo),
};

let scratch: string;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'judge-'));
  const cwd = new URL('../../../test/judge/', import.meta.url);
  await promisify(execFile)('go', ['build', '-o', join(scratch, 'judge'), '.'], { cwd });
}, BUILD_TIMEOUT);

afterAll(() => rm(scratch, { recursive: true, force: true }));

function askJudge(questions: readonly Pick<Case, 'function' | 'input'>[]): Case[] {
  const lines = questions.map((question) => `${JSON.stringify(question)}\n`).join('');
  const options = { input: lines, encoding: 'utf8', maxBuffer: 1 << 28 } as const;
  const output = execFileSync(join(scratch, 'judge'), options);
  return output
    .trimEnd()
    .split('\n')
    .map((line): Case => JSON.parse(line));
}

it('answers as x/mod does, whatever is asked', () => {
  const questions = Object.entries(inputs).flatMap(([name, arbitrary]) =>
    fc.sample(arbitrary, CASES_PER_FUNCTION).map((input) => ({ function: name, input })),
  );
  expect(Object.keys(inputs).sort()).toEqual(Object.keys(answers).sort());
  expect(questions.length).toBeGreaterThan(20_000);

  const cases = askJudge(questions);
  expect(cases).toHaveLength(questions.length);
  expect(disagreements(cases).slice(0, 20)).toEqual([]);
});
