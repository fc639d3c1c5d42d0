import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Judge } from '../../../test/support/judge.js';
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

let judge: Judge;

beforeAll(async () => {
  judge = await Judge.start();
}, BUILD_TIMEOUT);

afterAll(() => judge.close());

async function askJudge(name: string, asked: readonly string[][]): Promise<Case[]> {
  const outputs = await judge.ask({ functions: [name], inputs: asked });
  expect(outputs).toHaveLength(asked.length);
  return asked.map((input, i) => ({ function: name, input, output: outputs[i]?.[0] }));
}

it('answers as x/mod does, whatever is asked', async () => {
  expect(Object.keys(inputs).sort()).toEqual(Object.keys(answers).sort());
  const cases: Case[] = [];
  for (const [name, arbitrary] of Object.entries(inputs)) {
    cases.push(...(await askJudge(name, fc.sample(arbitrary, CASES_PER_FUNCTION))));
  }
  expect(cases.length).toBeGreaterThan(20_000);
  expect(disagreements(cases).slice(0, 20)).toEqual([]);
});
