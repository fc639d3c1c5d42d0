import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapePath, escapeVersion, unescapePath, unescapeVersion } from '../src/escape.js';
import { filterVersions } from '../src/list.js';
import { modulePathFault } from '../src/module-path.js';
import { elementFault } from '../src/path-element.js';
import { printable } from '../src/printable.js';
import { canonicalSemver, compareVersions, isSemver } from '../src/semver.js';
import { canonicalVersion } from '../src/version.js';
import { anyText, hostilePath, hostileVersion } from './hostile.js';

const element = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_~-]{0,8}$/);
const modulePath = fc
  .tuple(fc.constantFrom('example.com', 'a.b', 'gopkg.in'), fc.array(element, { maxLength: 4 }))
  .map(([host, rest]) => [host, ...rest].join('/'))
  .filter((path) => modulePathFault(path) === null);
const revision = hostileVersion.filter(
  (version) => elementFault(version, 'file') === null && /^[\0-\x7f]*$/.test(version) && !version.includes('!'),
);

const number = fc.constantFrom('0', '1', '2', '10', '99999', '100000', '99999999999999999999');
const identifier = fc.oneof(number, fc.constantFrom('a', 'A', 'rc', '-', '0a', 'a0', '1-'));
const version = fc
  .tuple(fc.array(number, { minLength: 3, maxLength: 3 }), fc.array(identifier, { maxLength: 3 }))
  .map(([numbers, prerelease]) => `v${numbers.join('.')}${prerelease.length > 0 ? `-${prerelease.join('.')}` : ''}`);
const maybeVersion = fc.oneof({ weight: 5, arbitrary: version }, { weight: 1, arbitrary: hostileVersion });

describe('escaping', () => {
  it('gives a module path back, and differs in more than case', () => {
    fc.assert(
      fc.property(modulePath, (path) => {
        const escaped = escapePath(path);
        expect(unescapePath(escaped)).toBe(path);
        expect(escaped).toBe(escaped.toLowerCase());
      }),
    );
  });

  it('gives a revision back, and differs in more than case', () => {
    fc.assert(
      fc.property(revision, (text) => {
        const escaped = escapeVersion(text);
        expect(unescapeVersion(escaped)).toBe(text);
        expect(escaped).toBe(escaped.toLowerCase());
      }),
    );
  });

  it('has one escaped form only of whatever can be unescaped', () => {
    fc.assert(
      fc.property(hostilePath, hostileVersion, (path, text) => {
        const module = unescapePath(path);
        if (module !== null) expect(escapePath(module)).toBe(path);
        const query = unescapeVersion(text);
        if (query !== null) expect(escapeVersion(query)).toBe(text);
      }),
    );
  });
});

describe('the order of versions', () => {
  it('is antisymmetric', () => {
    fc.assert(
      fc.property(maybeVersion, maybeVersion, (a, b) => {
        expect(compareVersions(a, b) + compareVersions(b, a)).toBe(0);
      }),
    );
  });

  it('is transitive', () => {
    fc.assert(
      fc.property(maybeVersion, maybeVersion, maybeVersion, (a, b, c) => {
        if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0)
          expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });

  it('takes a version and its canonical form for equal, and no two canonical versions', () => {
    fc.assert(
      fc.property(maybeVersion, version, (a, b) => {
        const canonical = canonicalSemver(a);
        if (isSemver(a)) expect(compareVersions(a, canonical)).toBe(0);
        expect(compareVersions(canonical, b) === 0).toBe(canonical === b);
      }),
    );
  });

  it('sorts to the same list from any order', () => {
    fc.assert(
      fc.property(fc.array(maybeVersion, { maxLength: 8 }), (versions) => {
        const sorted = filterVersions('example.com/m', versions);
        expect(filterVersions('example.com/m', versions.toReversed())).toEqual(sorted);
        for (const [at, next] of sorted.slice(1).entries()) expect(compareVersions(sorted[at]!, next)).toBe(-1);
      }),
    );
  });
});

it('makes a version canonical once and for all', () => {
  fc.assert(
    fc.property(hostileVersion, (text) => {
      expect(canonicalVersion(canonicalVersion(text))).toBe(canonicalVersion(text));
    }),
  );
});

it('shows any text as one printable line within its limit', () => {
  fc.assert(
    fc.property(fc.oneof(anyText, hostilePath), fc.integer({ min: 3, max: 40 }), (text, limit) => {
      const shown = printable(text, limit);
      expect(Buffer.byteLength(shown)).toBeLessThanOrEqual(limit);
      expect(shown).toMatch(/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u);
    }),
  );
});
