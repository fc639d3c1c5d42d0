import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapePath, escapeVersion, parseModuleRequest, RefusalError, type ModuleRequest } from '../src/index.js';
import { anyText, composed } from './hostile.js';

const RUNS = { numRuns: 3000 };

function parse(path: string): ModuleRequest | RefusalError {
  try {
    return parseModuleRequest(path);
  } catch (error) {
    if (error instanceof RefusalError) return error;
    throw error;
  }
}

function storageKey(request: ModuleRequest): string {
  const module = escapePath(request.module);
  if ('version' in request) return `${module}/@v/${escapeVersion(request.version)}.${request.kind}`;
  if ('query' in request) return `.meta/queries/${module}/@v/${escapeVersion(request.query)}.json`;
  return request.kind === 'list' ? `${module}/@v/list` : `${module}/@latest`;
}

/** The path under which the go command asks. */
function urlPath(request: ModuleRequest): string {
  const { module } = request;
  const key =
    request.kind === 'query' ? `${escapePath(module)}/@v/${escapeVersion(request.query)}.info` : storageKey(request);
  return `/${key.split('/').map(encodeURIComponent).join('/')}`;
}

function element(length: number): string {
  return 'a'.repeat(length);
}

function longModule(elements: number): string {
  return `example.com/${`${element(99)}/`.repeat(elements)}x`;
}

const module = 'example.com/x';
const version = 'v1.2.3';

describe('a request of the go command', () => {
  it.each<[string, ModuleRequest]>([
    ['/example.com/x/@v/list', { kind: 'list', module }],
    ['/example.com/x/@latest', { kind: 'latest', module }],
    ['/example.com/x/@v/v1.2.3.info', { kind: 'info', module, version }],
    ['/example.com/x/@v/v1.2.3.mod', { kind: 'mod', module, version }],
    ['/example.com/x/@v/v1.2.3.zip', { kind: 'zip', module, version }],
    ['/example.com/%21up/@v/v1.0.1-%21r%21c1.info', { kind: 'info', module: 'example.com/Up', version: 'v1.0.1-RC1' }],
    ['/example.com/!up/@v/v1.0.1-!r!c1.info', { kind: 'info', module: 'example.com/Up', version: 'v1.0.1-RC1' }],
    ['/example.com/x/@v/v2.0.0+incompatible.zip', { kind: 'zip', module, version: 'v2.0.0+incompatible' }],
    ['/example.com/x/@v/v2.0.0%2Bincompatible.zip', { kind: 'zip', module, version: 'v2.0.0+incompatible' }],
    ['/example.com/x/v2/@v/v2.0.0.mod', { kind: 'mod', module: 'example.com/x/v2', version: 'v2.0.0' }],
    ['/gopkg.in/yaml.v2/@v/v2.4.0.mod', { kind: 'mod', module: 'gopkg.in/yaml.v2', version: 'v2.4.0' }],
    ['/a.b/c/d/e/@v/list', { kind: 'list', module: 'a.b/c/d/e' }],
    ['/a.b/@latest', { kind: 'latest', module: 'a.b' }],
    ['/127.0.0.1/x/@latest', { kind: 'latest', module: '127.0.0.1/x' }],
  ])('is read from %s', (path, request) => {
    expect(parseModuleRequest(path)).toEqual(request);
  });

  it('may name a toolchain', () => {
    const toolchain = { module: 'golang.org/toolchain', version: 'v0.0.1-go1.23.4.linux-amd64' };
    const path = '/golang.org/toolchain/@v/v0.0.1-go1.23.4.linux-amd64.zip';
    expect(parseModuleRequest(path)).toEqual({ kind: 'zip', ...toolchain });
  });
});

describe('the .info of what is no canonical version of the module', () => {
  it.each([
    ['master.info', 'master'],
    ['%21h%21e%21a%21d.info', 'HEAD'],
    ['0123456789ab.info', '0123456789ab'],
    ['v1.2.3+meta.info', 'v1.2.3+meta'],
    ['v1.info', 'v1'],
    ['v2.0.0.info', 'v2.0.0'],
    ['none.info', 'none'],
    ['.x.info', '.x'],
    ['a%20b%5Ec%25d%23.info', 'a b^c%d#'],
    ['%252f.info', '%2f'],
    ['v1.2.3.zip.info', 'v1.2.3.zip'],
  ])('is a query: %s asks for %s', (file, query) => {
    expect(parseModuleRequest(`/example.com/x/@v/${file}`)).toEqual({ kind: 'query', module, query });
  });
});

it('takes an escaped slash or at sign for what it stands for', () => {
  expect(parseModuleRequest('/example.com%2Fx/%40v/%6cist')).toEqual({ kind: 'list', module });
});

describe('a refusal', () => {
  it.each([
    ['', 'no module request'],
    ['/', 'no module request'],
    ['/favicon.ico', 'no module request'],
    ['example.com/x/@v/list', 'no module request'],
    ['%2Fexample.com/x/@v/list', 'no module request'],
    ['/example.com/x/', 'no module request'],
    ['/example.com/x/@v', 'no module request'],
    ['/example.com/x/@latest/', 'no module request'],
    ['/@v/list', 'malformed module path: empty string'],
    ['/@latest', 'malformed module path: empty string'],
    ['/example.com/%zz/@v/list', 'malformed URL path'],
    ['/example.com/x/@v/list%', 'malformed URL path'],
    ['/example.com/%ff/@v/list', 'malformed URL path'],
    ['/example.com/%c0%ae%c0%ae/@v/list', 'malformed URL path'],
    ['/example.com/Azure/@v/list', 'invalid escaped module path'],
    ['/example.com/!!a/@v/list', 'invalid escaped module path'],
    ['/example.com/a!/@v/list', 'invalid escaped module path'],
    ['/example.com/%C3%A9/@v/list', 'invalid escaped module path'],
    ['/example.com/\u00e9/@v/list', 'invalid escaped module path'],
    ['/foo/@v/list', 'missing dot in first path element'],
    ['//example.com/x/@v/list', 'empty path element'],
    ['/example.com//x/@v/list', 'double slash'],
    ['/example.com/x//@v/list', 'trailing slash'],
    ['/example.com/x/../y/@v/list', 'invalid path element ".."'],
    ['/example.com/%2e%2e/y/@v/list', 'invalid path element ".."'],
    ['/example.com/./y/@v/list', 'invalid path element "."'],
    ['/example.com/.git/@v/list', 'leading dot in path element'],
    ['/example.com/a%5Cb/@v/list', "invalid char '\\\\'"],
    ['/example.com/a%00b/@v/list', "invalid char '\\x00'"],
    ['/example.com/a%252fb/@v/list', "invalid char '%'"],
    ['/example.com/con/@v/list', 'disallowed as path element component on Windows'],
    ['/-example.com/x/@v/list', 'leading dash'],
    ['/example.com/x/v1/@v/list', 'invalid version'],
    ['/example.com/x/@v/y/@v/list', "invalid char '@'"],
    ['/example.com/x/@v/', 'no such file'],
    ['/example.com/x/@v/list/', 'no such file'],
    ['/example.com/x/@v//list', 'no such file'],
    ['/example.com/x/@v/v1.2.3', 'no such file'],
    ['/example.com/x/@v/v1.2.3.ziphash', 'no such file'],
    ['/example.com/x/@v/v1.2.3.lock', 'no such file'],
    ['/example.com/x/@v/v1.2.3.INFO', 'no such file'],
    ['/example.com/x/@v/v1.2.3.info.tmp', 'no such file'],
    ['/example.com/x/@v/v1.0.0+incompatible.info', 'major version v1 is compatible'],
    ['/example.com/x/v2/@v/v2.0.0+incompatible.zip', 'module path has a major version'],
    ['/example.com/x/@v/v0.0.0-20241301000000-0123456789ab.mod', 'malformed time in pseudo-version'],
    ['/example.com/x/@v/v1.2.3-0.20230229000000-0123456789ab.mod', 'malformed time in pseudo-version'],
    ['/example.com/x/@v/.info', 'disallowed version string'],
    ['/example.com/x/@v/...info', 'disallowed version string'],
    ['/example.com/x/@v/../list.info', 'disallowed version string'],
    ['/example.com/x/@v/feature/x.info', 'disallowed version string'],
    ['/example.com/x/@v/HEAD.info', 'disallowed version string'],
    ['/example.com/x/@v/con.info', 'disallowed version string'],
    ['/example.com/x/@v/a:b.info', 'disallowed version string'],
    ['/example.com/x/@v/a%0Ab.info', 'disallowed version string'],
    ['/example.com/x/@v/a%00.info', 'disallowed version string'],
    ['/example.com/x/@v/-x.info', 'leading dash'],
    ['/example.com/x/@v/--upload-pack=touch%20x.info', 'leading dash'],
    ['/example.com/x/@v/latest.info', 'the go command resolves this word by itself'],
    ['/example.com/x/@v/upgrade.info', 'the go command resolves this word by itself'],
    ['/example.com/x/@v/patch.info', 'the go command resolves this word by itself'],
    ['/example.com/x/@v/master.mod', 'not a semantic version'],
    ['/example.com/x/@v/v2.0.0.zip', 'should be v0 or v1, not v2'],
    ['/example.com/x/v2/@v/v1.0.0.mod', 'should be v2, not v1'],
    ['/example.com/x/@v/v1.2.mod', 'not a canonical version, which is v1.2.0'],
    ['/example.com/x/@v/v1.2.3+meta.zip', 'not a canonical version, which is v1.2.3'],
  ])('answers %j', (path, reason) => {
    expect(parse(path)).toMatchObject({ kind: 'not-found', message: expect.stringContaining(reason) });
  });

  it('says what was asked, in a short printable line', () => {
    expect(parse('/example.com/x/v2/@v/v1.0.0.mod')).toMatchObject({
      message: 'example.com/x/v2@v1.0.0: invalid version: should be v2, not v1',
    });
    expect(parse('/example.com/x/@v/a%0A%1b[31m.info')).toMatchObject({
      message: 'example.com/x@a\\n\\x1b[31m: disallowed version string',
    });
  });

  it('keeps a reason that repeats a long version to what go shows', () => {
    const { message } = parse(`/example.com/x/@v/v1.2.3-${'9'.repeat(250)}a+meta.zip`) as { message: string };
    expect(message).toContain(': invalid version: not a canonical version, which is v1.2.3-999');
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(600);
  });
});

describe('the length of what is asked', () => {
  it.each([
    ['a module element', `/example.com/${element(200)}/@v/list`],
    ['a query', `/example.com/x/@v/${element(200)}.info`],
    ['a version', `/example.com/x/@v/v1.0.0-${element(193)}.zip`],
    ['the key of a version', `/${longModule(8)}/@v/v1.0.0.info`],
    ['the key of a query', `/${longModule(8)}/@v/master.info`],
  ])('may be what storages take: %s', (_, path) => {
    expect(parse(path)).not.toBeInstanceOf(RefusalError);
  });

  it.each([
    ['a module element', `/example.com/${element(201)}/@v/list`],
    ['an element that escaping makes longer', `/example.com/${'!a'.repeat(101)}/@latest`],
    ['a module path', `/${longModule(9)}/@v/list`],
    ['a key that is too long with its list only', `/${longModule(8)}${element(83)}/@v/list`],
    ['anything', `/${element(4000)}`],
    ['a query', `/example.com/x/@v/${element(201)}.info`],
    ['a version', `/example.com/x/@v/v1.0.0-${element(194)}.info`],
    ['a version that joins a long element in the index', `/example.com/${element(150)}/@v/v1.0.0-${element(90)}.zip`],
    ['a key that is too long with its version only', `/${longModule(8)}/@v/v1.0.0-${element(80)}.mod`],
    ['a key that is too long with its query only', `/${longModule(8)}/@v/${element(80)}.info`],
  ])('is refused for %s', (_, path) => {
    expect(parse(path)).toMatchObject({ kind: 'not-found', message: expect.stringMatching(/^.{1,380}too long$/) });
  });
});

describe('whatever is asked', () => {
  // prettier-ignore
  const hostileRequest = composed([
    '/example.com', '/example.com/x', '/x', '/', '//', '/..', '/.', '%2e%2e', '%2F', '%5C', '%00', '%0a', '%21a', '!b', '!', '%', '%25', '\\', '/@v/', '/@v/', '/@latest', '@',
    'list', 'v1.2.3', '/v2', 'v2.0.0', '+incompatible', '-rc.1', 'master', '.info', '.info', '.mod', '.zip', '-', '~1', ' ', 'con', 'é', '?', '#',
  ]);
  // prettier-ignore
  const hostileRevision = composed(['v1.2.3', 'v1', '.2', 'v2.0.0', '-rc', '!a', '%21b', '+incompatible', '+m', 'main', ' ', '.', '..', '-', '%25', '~'], 4);
  const plausible = fc
    .tuple(
      fc.constantFrom('/example.com/x', '/gopkg.in/yaml.v2', '/example.com/%21a/v2', '/example.com/!b-c', '/a.b'),
      hostileRevision,
      fc.constantFrom('.info', '.mod', '.zip'),
    )
    .map(([path, asked, suffix]) => `${path}/@v/${asked}${suffix}`);
  const anyRequest = fc.oneof({ weight: 3, arbitrary: plausible }, { weight: 2, arbitrary: hostileRequest }, anyText);

  it('is read, or refused as not found in one short printable line', () => {
    fc.assert(
      fc.property(anyRequest, (path) => {
        const found = parse(path);
        if (!(found instanceof RefusalError)) return;
        expect(found.kind).toBe('not-found');
        expect(found.message).toMatch(/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]+: [\p{L}\p{M}\p{N}\p{P}\p{S} ]+$/u);
        expect(Buffer.byteLength(found.message)).toBeLessThan(600);
      }),
      RUNS,
    );
  });

  it('leads to a key that stays in its folder', () => {
    fc.assert(
      fc.property(anyRequest, (path) => {
        const request = parse(path);
        if (request instanceof RefusalError) return;
        const key = storageKey(request);
        expect(key).toMatch(/^[\x20-\x5b\x5d-\x7e]{1,900}$/);
        expect(key).not.toMatch(/[A-Z]|\/\/|^\/|\/$|(^|\/)\.{1,2}(\/|$)/);
      }),
      RUNS,
    );
  });

  it('is the same request when it is asked in the words of the go command', () => {
    fc.assert(
      fc.property(anyRequest, (path) => {
        const request = parse(path);
        if (!(request instanceof RefusalError)) expect(parseModuleRequest(urlPath(request))).toEqual(request);
      }),
      RUNS,
    );
  });

  it('is accepted often enough to prove something', () => {
    const accepted = fc
      .sample(anyRequest, { numRuns: 2000, seed: 1 })
      .filter((path) => !(parse(path) instanceof RefusalError));
    expect(accepted.length).toBeGreaterThan(100);
  });
});
