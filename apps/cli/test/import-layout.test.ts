import { describe, expect, it } from 'vitest';
import { parseListLine } from '../src/import/version-list.js';
import { placeFile, readVersion } from '../src/import/layout.js';

describe('the layouts of an import', () => {
  it.each([
    ['example.com/a/@v/v1.0.0.info', 'example.com/a', 'v1.0.0', 'info'],
    ['example.com/!a/@v/v1.0.0-!r!c1.zip', 'example.com/A', 'v1.0.0-RC1', 'zip'],
    ['example.com/A/@v/v1.0.0.mod', 'example.com/A', 'v1.0.0', 'mod'],
    ['example.com/a/v2/@v/v2.0.1.zip', 'example.com/a/v2', 'v2.0.1', 'zip'],
    ['example.com/A/v1.0.0/go.mod', 'example.com/A', 'v1.0.0', 'mod'],
    ['example.com/a/v2/v2.0.1/source.zip', 'example.com/a/v2', 'v2.0.1', 'zip'],
    ['gopkg.in/yaml.v2/v2.4.0/v2.4.0.info', 'gopkg.in/yaml.v2', 'v2.4.0', 'info'],
    ['example.com/a/v2.0.0+incompatible/source.zip', 'example.com/a', 'v2.0.0+incompatible', 'zip'],
  ])('%s', (path, module, version, kind) => {
    const place = placeFile(path);
    expect(place?.kind).toBe(kind);
    expect(readVersion(place!)).toEqual({ module, version });
  });

  it.each([
    'example.com/a/@v/list',
    'example.com/a/@latest',
    'example.com/a/@v/v1.0.0.lock',
    'example.com/a/@v/v1.0.0.ziphash',
    'example.com/a/v1.0.0/v1.0.1.info',
    'example.com/a/go.mod',
    'example.com/a@v1.0.0/go.mod',
    'source.zip',
  ])('%s is no file of a version', (path) => {
    expect(placeFile(path)).toBeNull();
  });

  it.each([
    ['example.com/a/@v/v2.0.0.zip', 'should be v0 or v1'],
    ['nodot/@v/v1.0.0.zip', 'missing dot'],
    ['example.com/a%2fb/@v/v1.0.0.zip', 'malformed'],
    [`example.com/${'a'.repeat(220)}/@v/v1.0.0.zip`, 'too long'],
    ['example.com/a/vendor1/../@v/v1.0.0.zip', 'malformed'],
  ])('%s is no version that could be served: %s', (path, reason) => {
    expect(() => readVersion(placeFile(path)!)).toThrow(reason);
  });
});

describe('a list of versions', () => {
  it.each([
    ['example.com/A@v1.0.0', { module: 'example.com/A', version: 'v1.0.0' }],
    ['  example.com/a v1.0.0  # why', { module: 'example.com/a', version: 'v1.0.0' }],
    ['example.com/a v1.0.0 => example.com/B v1.1.0', { module: 'example.com/B', version: 'v1.1.0' }],
    ['example.com/a => example.com/b v1.1.0', { module: 'example.com/b', version: 'v1.1.0' }],
    ['# a comment', null],
    ['\r', null],
  ])('%j', (line, version) => {
    expect(parseListLine(line)).toEqual(version);
  });

  it('says what a line lacks', () => {
    expect(() => parseListLine('example.com/main')).toThrow('example.com/main: it is no module@version');
    expect(() => parseListLine('example.com/a v1.0.0 => ../a')).toThrow('it is no module@version');
  });

  it.each(['example.com/a', 'example.com/a@main', 'example.com/a v1.0.0 => ../a'])('%j names no version', (line) => {
    expect(() => parseListLine(line)).toThrow(/^example\.com\/a/);
  });
});
