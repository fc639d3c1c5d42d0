import { describe, expect, it } from 'vitest';
import { chooseLatest, filterLongList, filterVersions, formatList, parseList, synthesizedMod } from '../src/index.js';

describe('a version list', () => {
  it('is read with whatever line ends, blank lines and second fields it has', () => {
    expect(parseList('v1.0.0\r\n\n  v1.1.0 2019-04-10T19:08:52Z\n\tmaster')).toEqual(['v1.0.0', 'v1.1.0', 'master']);
  });

  it('is written one version a line, and empty for a module without versions', () => {
    expect(formatList(['v1.0.0', 'v1.1.0']).toString()).toBe('v1.0.0\nv1.1.0\n');
    expect(formatList([])).toHaveLength(0);
  });

  it('names what go could not use as little as what it would misuse', () => {
    const listed = [
      'v2.0.0',
      'v1.7.0+meta',
      'v1.6',
      'v0.0.0-20190410190852-0123456789ab',
      'master',
      '',
      'v1.0.0',
      'v1.0.0',
    ];
    expect(filterVersions('example.com/x', listed)).toEqual(['v1.0.0']);
  });

  it('keeps prereleases, toolchains and incompatible versions, in ascending order', () => {
    const ascending = ['v0.0.1-go1.23.4.linux-amd64', 'v1.9.0', 'v1.10.0-rc.1', 'v1.10.0', 'v2.0.0+incompatible'];
    expect(filterVersions('example.com/x', new Set(ascending.toReversed()))).toEqual(ascending);
  });

  it('is sorted whatever its length and order, and lets others have their turns meanwhile', async () => {
    const ascending = Array.from({ length: 10_000 }, (_, at) => `v1.${Math.floor(at / 100)}.${at % 100}`);
    const shuffled = ascending.map((_, at) => ascending[(at * 7919) % ascending.length]!);
    let turns = 0;
    const others = setInterval(() => turns++);
    const sorted = await filterLongList('example.com/x', [...shuffled, 'master', ...shuffled]);
    clearInterval(others);
    expect(turns).toBeGreaterThan(1);
    for (const list of [sorted, filterVersions('example.com/x', shuffled)])
      expect(formatList(list).equals(formatList(ascending))).toBe(true);
  });

  it('leaves out +incompatible versions that no repository has', () => {
    expect(filterVersions('example.com/x', ['v1.0.0+incompatible', 'v1.0.0'])).toEqual(['v1.0.0']);
    expect(filterVersions('example.com/x/v2', ['v2.0.0+incompatible', 'v2.0.0'])).toEqual(['v2.0.0']);
    expect(filterVersions('gopkg.in/x.v2', ['v2.0.0+incompatible', 'v2.0.0'])).toEqual(['v2.0.0']);
  });

  it('leaves out versions too long to be stored', () => {
    const long = `v1.0.0-${'a'.repeat(194)}`;
    expect(filterVersions('example.com/x', [long, 'v1.0.0'])).toEqual(['v1.0.0']);
  });

  it('has nothing for what is no module path', () => {
    expect(filterVersions('x', ['v1.0.0'])).toEqual([]);
  });
});

describe('the latest version', () => {
  it.each([
    [['v1.9.0', 'v1.10.0', 'v1.11.0-rc.1'], 'v1.10.0'],
    [['v1.0.0-rc.2', 'v1.0.0-rc.10'], 'v1.0.0-rc.10'],
    [['v1.0.0', 'v2.0.0+incompatible'], 'v2.0.0+incompatible'],
    [['master'], null],
    [[], null],
  ])('of %j is %s', (versions, latest) => {
    expect(chooseLatest(versions)).toBe(latest);
  });
});

it('makes the go.mod file that go makes for a module without one', () => {
  expect(synthesizedMod('github.com/Azure/x').toString()).toBe('module github.com/Azure/x\n');
});
