import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Judge } from '../../../test/support/judge.js';
import { answers } from './answers.js';
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

it('has an answer to each question of the judge', () => {
  expect(Object.keys(inputs).sort()).toEqual(Object.keys(answers).sort());
});

it.each(Object.entries(inputs))('answers %s as x/mod does, whatever is asked', async (name, arbitrary) => {
  await fc.assert(
    fc.asyncProperty(arbitrary, async (input) => {
      const [outputs] = await judge.ask({ functions: [name], inputs: [input] });
      expect(JSON.stringify(answers[name]?.(input))).toBe(JSON.stringify(outputs?.[0]));
    }),
    { numRuns: CASES_PER_FUNCTION },
  );
});
