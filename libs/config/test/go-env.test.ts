import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseGoEnv } from '../src/go-env.js';

describe('STOA_GO_ENV', () => {
  it('holds several variables, whose values may hold commas, pipes, equals signs and spaces', () => {
    const text =
      'GOPROXY=https://a.example|https://b.example,direct;GOPRIVATE=*.corp.example,github.com/acme/*;GOFLAGS=-mod=mod;GONOSUMDB=;X=a b';
    expect(parseGoEnv(text)).toEqual({
      GOPROXY: 'https://a.example|https://b.example,direct',
      GOPRIVATE: '*.corp.example,github.com/acme/*',
      GOFLAGS: '-mod=mod',
      GONOSUMDB: '',
      X: 'a b',
    });
  });

  it.each([
    ['', {}],
    [';; ;', {}],
    ['A=1;', { A: '1' }],
    [' A=1 ;\n B = 2 ; ', { A: '1', B: '2' }],
    ['GOAUTH=netrc\\;git /home/stoa;A=1', { GOAUTH: 'netrc;git /home/stoa', A: '1' }],
    ['A=C:\\go\\bin', { A: 'C:\\go\\bin' }],
    ['A=1;A=', { A: '' }],
    ['A=1;B=2;A=3', { B: '2', A: '3' }],
    ['__proto__=1', Object.fromEntries([['__proto__', '1']])],
  ])('%j is understood', (text, expected) => {
    expect(parseGoEnv(text)).toEqual(expected);
  });

  it('lists variables in the order in which they got their last value', () => {
    expect(Object.keys(parseGoEnv('A=1;B=2;A=3'))).toEqual(['B', 'A']);
  });

  it.each([
    ['GOPROXY=off;hunter2', 'has no = in entry 2'],
    ['hunter2', 'has no = in entry 1'],
    ['=1', 'has no name of a variable before the = of entry 1'],
    ['A B=1', 'has no name of a variable'],
    ['1A=1', 'has no name of a variable'],
    ['A=\0', 'has a zero byte in entry 1'],
  ])('%j is refused without quoting it', (text, message) => {
    expect(() => parseGoEnv(text)).toThrow(message);
    expect(() => parseGoEnv(text)).not.toThrow('hunter2');
  });

  it('reads back whatever is written with escaped semicolons', () => {
    const name = fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,9}$/);
    const value = fc.stringMatching(/^[ -[\]-~]*$/).map((text) => text.trim());
    fc.assert(
      fc.property(fc.dictionary(name, value, { noNullPrototype: true }), (variables) => {
        const text = Object.entries(variables).map(([key, held]) => `${key}=${held.replaceAll(';', '\\;')}`);
        expect(parseGoEnv(text.join(';'))).toEqual(variables);
      }),
    );
  });
});
