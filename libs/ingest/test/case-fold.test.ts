import { afterAll, beforeAll, expect, it } from 'vitest';
import { foldCase } from '../src/zip/case-fold.js';
import { Judge } from './support/judge.js';

let judge: Judge;
beforeAll(() => (judge = new Judge()), 180_000);
afterAll(() => judge.close());

/** What folds since Unicode 15.1, and so in Go only with newer tables. */
const NEW_PAIRS = ['\u0390\u1fd3', '\u03b0\u1fe3', '\ufb05\ufb06'];

it('takes the same letters for one as strings.EqualFold', () => {
  // One side may know letters of a newer Unicode version than the other.
  const letters = judge.characters().filter((letter) => /\p{Assigned}/u.test(letter));
  const known = new Set(letters);
  const inGo = judge.folds().map((set) => set.filter((letter) => known.has(letter)));
  const ours = [...Map.groupBy(letters, foldCase).values()];

  const go = new Set(inGo.filter((set) => set.length > 1).map((set) => set.join('')));
  const here = new Set(ours.filter((set) => set.length > 1).map((set) => set.join('')));
  expect([...go].filter((set) => !here.has(set))).toEqual([]);
  expect(NEW_PAIRS).toEqual(expect.arrayContaining([...here].filter((set) => !go.has(set))));
  expect(go.size).toBeGreaterThan(1_300);
});

it('folds letter by letter', () => {
  expect(foldCase('README.md')).toBe('readme.md');
  expect(foldCase('ÄRGER/\u212aELVIN.Go')).toBe('ärger/kelvin.go');
  expect(foldCase('ς\u{10400}')).toBe(foldCase('Σ\u{10428}'));
  expect(foldCase('ß')).not.toBe(foldCase('SS'));
});
