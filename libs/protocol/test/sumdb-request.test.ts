import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSumdbRequest, RefusalError, type SumdbRequest } from '../src/index.js';
import { anyText, composed } from './hostile.js';

const NAMES = ['sum.example.com', 'sum.example.com/v2', 'localhost.localdev/sumdb'];

function parse(path: string, names: readonly string[] = NAMES): SumdbRequest | RefusalError {
  try {
    return parseSumdbRequest(path, names);
  } catch (error) {
    if (error instanceof RefusalError) return error;
    throw error;
  }
}

describe('a request for a checksum database', () => {
  const name = 'sum.example.com';
  it.each<[string, SumdbRequest]>([
    ['supported', { kind: 'supported', name, path: 'supported' }],
    ['latest', { kind: 'latest', name, path: 'latest' }],
    ['lookup/a.b/c@v1.0.0', { kind: 'lookup', name, path: 'lookup/a.b/c@v1.0.0' }],
    ['lookup/a.b/%21x@v2.0.0+incompatible', { kind: 'lookup', name, path: 'lookup/a.b/!x@v2.0.0+incompatible' }],
    ['lookup/a.b/!x@v1.0.0-%21r%21c1', { kind: 'lookup', name, path: 'lookup/a.b/!x@v1.0.0-!r!c1' }],
    ['tile/8/0/000', { kind: 'tile', name, path: 'tile/8/0/000' }],
    ['tile/8/1/x001/234.p/17', { kind: 'tile', name, path: 'tile/8/1/x001/234.p/17' }],
    ['tile/8/data/x001/234', { kind: 'tile', name, path: 'tile/8/data/x001/234' }],
  ])('is read from %s', (path, request) => {
    expect(parseSumdbRequest(`/sumdb/sum.example.com/${path}`, NAMES)).toEqual(request);
  });

  it('goes to the longest name that fits, whatever the order of names', () => {
    const expected = { kind: 'latest', name: 'sum.example.com/v2', path: 'latest' };
    expect(parseSumdbRequest('/sumdb/sum.example.com/v2/latest', NAMES)).toEqual(expected);
    expect(parseSumdbRequest('/sumdb/sum.example.com/v2/latest', NAMES.toReversed())).toEqual(expected);
  });

  it('may name a database whose name has a slash', () => {
    const request = parseSumdbRequest('/sumdb/localhost.localdev/sumdb/supported', NAMES);
    expect(request).toEqual({ kind: 'supported', name: 'localhost.localdev/sumdb', path: 'supported' });
  });
});

describe('a refusal', () => {
  it.each([
    ['/sumdb/', 'unknown checksum database'],
    ['/sumdb/other.example.com/supported', 'unknown checksum database'],
    ['/sumdb/sum.example.com', 'unknown checksum database'],
    ['/sumdb/sum.example.communism/supported', 'unknown checksum database'],
    ['/sumdb/localhost.localdev/supported', 'unknown checksum database'],
    ['/sumdb//sum.example.com/supported', 'unknown checksum database'],
    ['/sum.example.com/supported', 'unknown checksum database'],
    ['/sumdb/%zz', 'malformed URL path'],
    ['/sumdb/sum.example.com/', 'no such path'],
    ['/sumdb/sum.example.com/supported/', 'no such path'],
    ['/sumdb/sum.example.com/../supported', 'no such path'],
    ['/sumdb/sum.example.com/lookup/a.b/C@v1.0.0', 'no such path'],
    ['/sumdb/sum.example.com/lookup/a.b/c@latest', 'no such path'],
    ['/sumdb/sum.example.com/lookup/../c@v1.0.0', 'no such path'],
    ['/sumdb/sum.example.com/lookup/a.b/c@v1.0.0/go.mod', 'no such path'],
    ['/sumdb/sum.example.com/tile/4/0/000', 'no such path'],
    ['/sumdb/sum.example.com/tile/8/0/000.p/256', 'no such path'],
    ['/sumdb/sum.example.com/admin%00', 'no such path'],
    [`/sumdb/sum.example.com/lookup/a.b/c@v1.0.0-${'a'.repeat(240)}`, 'path too long'],
    [`/sumdb/sum.example.com/lookup/a.b/${'c/'.repeat(450)}c@v1.0.0`, 'path too long'],
  ])('answers %s', (path, reason) => {
    expect(parse(path)).toMatchObject({ kind: 'not-found', message: expect.stringContaining(reason) });
  });

  it('answers everything when there is no database', () => {
    expect(parse('/sumdb/sum.example.com/supported', [])).toBeInstanceOf(RefusalError);
  });
});

it('passes on nothing but paths that stay below their database, whatever is asked', () => {
  // prettier-ignore
  const hostile = composed([
    '/sumdb/', '/sumdb/sum.example.com/', '/sumdb/sum.example.com/', 'v2/', 'lookup/', 'lookup/a.b', '/c', '!x', '%21y', '@v1.0.0', '@v1.0.0', '-rc', '-!r', '+incompatible',
    'tile/8/', 'tile/8/0/', 'data/', 'x001/', '000', '.p/1', 'latest', 'supported', '..', '%2e%2e', '/', '%2F', '%5C', '%00', '%0a', ' ', '@', '%', 'é',
  ], 6);
  fc.assert(
    fc.property(fc.oneof({ weight: 5, arbitrary: hostile }, anyText), (path) => {
      const request = parse(path);
      if (request instanceof RefusalError) {
        expect(request.kind).toBe('not-found');
        expect(Buffer.byteLength(request.message)).toBeLessThan(600);
        return;
      }
      expect(NAMES).toContain(request.name);
      expect(request.path).toMatch(/^[\x20-\x5b\x5d-\x7e]+$/);
      expect(request.path).not.toMatch(/[A-Z]|\/\/|^\/|\/$|(^|\/)\.{1,2}(\/|$)/);
      const again = `/sumdb/${request.name}/${request.path.split('/').map(encodeURIComponent).join('/')}`;
      expect(parse(again)).toEqual(request);
    }),
    { numRuns: 5000 },
  );
});
