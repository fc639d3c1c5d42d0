import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { answers, disagreements, type Case } from './answers.js';
import {
  hostileGlob,
  hostileInfo,
  hostileList,
  hostileLookup,
  hostilePath,
  hostileTarget,
  hostileTile,
  hostileVersion,
} from './hostile.js';

const CASES_PER_FUNCTION = 850;
const BUILD_TIMEOUT = 300_000;
const inputs: Record<string, readonly fc.Arbitrary<string>[]> = {
  'module.Check': [hostilePath, hostileVersion],
  'module.CanonicalVersion': [hostileVersion],
  'module.EscapeVersion': [hostileVersion],
  'module.UnescapeVersion': [hostileVersion],
  'module.IsPseudoVersion': [hostileVersion],
  'module.MatchPrefixPatterns': [hostileGlob, hostileTarget],
  'path.Match': [hostileGlob, hostileTarget],
  'semver.IsValid': [hostileVersion],
  'semver.Canonical': [hostileVersion],
  'semver.Major': [hostileVersion],
  'semver.Prerelease': [hostileVersion],
  'semver.Build': [hostileVersion],
  'semver.Compare': [hostileVersion, hostileVersion],
  'tlog.ParseTilePath': [hostileTile],
  'sumdb.lookup': [hostileLookup],
  list: [fc.constantFrom('example.com/x', 'example.com/x/v2', 'gopkg.in/x.v1', 'x'), hostileList],
  info: [hostileInfo],
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
  const questions = Object.keys(answers).flatMap((name) =>
    fc
      .sample(fc.tuple(...(inputs[name] ?? [hostilePath])), CASES_PER_FUNCTION)
      .map((input) => ({ function: name, input })),
  );
  expect(questions.length).toBeGreaterThan(20_000);

  const cases = askJudge(questions);
  expect(cases).toHaveLength(questions.length);
  expect(disagreements(cases).slice(0, 20)).toEqual([]);
});
