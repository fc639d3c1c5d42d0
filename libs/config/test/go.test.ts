import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { childEnvironment, GO_NAMES, loadConfig, type Environment, type GoDefaults, type GoName } from '#libs/config';

const DEFAULTS: GoDefaults = { GOPROXY: 'https://default.example,direct', GOSUMDB: 'sum.golang.org', GOAUTH: 'netrc' };

const load = (env: Environment, goDefaults: GoDefaults = DEFAULTS) => loadConfig('worker', env, goDefaults);

function sourceOf(name: GoName, env: Environment, goDefaults: GoDefaults = DEFAULTS): string | undefined {
  return load(env, goDefaults).sources.find((setting) => setting.name === name)?.source;
}

describe("Go's own names", () => {
  it('come from STOA_GO_ENV, then the environment, then go env', () => {
    const env = { GOPROXY: 'https://env.example' };
    const both = { ...env, STOA_GO_ENV: 'GOPROXY=https://own.example' };
    expect([load(both).config.go.GOPROXY, sourceOf('GOPROXY', both)]).toEqual(['https://own.example', 'STOA_GO_ENV']);
    expect([load(env).config.go.GOPROXY, sourceOf('GOPROXY', env)]).toEqual(['https://env.example', 'environment']);
    expect([load({}).config.go.GOPROXY, sourceOf('GOPROXY', {})]).toEqual(['https://default.example,direct', 'go env']);
    expect(sourceOf('GOVCS', {})).toBe('default');
  });

  it('are unset when empty in the environment, as in go', () => {
    expect(load({ GOPROXY: '', GOSUMDB: '' }).config.go).toMatchObject({
      GOPROXY: DEFAULTS.GOPROXY,
      GOSUMDB: 'sum.golang.org',
    });
  });

  it('are emptied by STOA_GO_ENV', () => {
    const { config } = load({ STOA_GO_ENV: 'GOPRIVATE=;GOAUTH=', GOPRIVATE: '*.corp', GOAUTH: 'off' });
    expect(config.go).toMatchObject({ GOPRIVATE: '', GOAUTH: '', GONOSUMDB: '' });
  });

  it.each(['GOPROXY', 'GOSUMDB'] as const)('know no empty %s: emptied, it is the default', (name) => {
    const { config } = load({ STOA_GO_ENV: `${name}=` });
    expect(config.go[name]).toBe(DEFAULTS[name]);
    expect(config.verifyAgainst).toEqual({ name: DEFAULTS.GOSUMDB });
  });

  it('are read whole from one STOA_GO_ENV', () => {
    const env = {
      STOA_GO_ENV:
        'GOPROXY=https://a.example|https://b.example,direct;GOPRIVATE=*.corp.example,github.com/acme/*;GOFLAGS=-mod=mod;GONOSUMDB=;GOAUTH=netrc\\;git /srv/home',
      GONOSUMDB: 'from.env',
    };
    expect(load(env).config.go).toMatchObject({
      GOPROXY: 'https://a.example|https://b.example,direct',
      GOPRIVATE: '*.corp.example,github.com/acme/*',
      GONOPROXY: '*.corp.example,github.com/acme/*',
      GONOSUMDB: '*.corp.example,github.com/acme/*',
      GOAUTH: 'netrc;git /srv/home',
      extra: {
        GOPROXY: 'https://a.example|https://b.example,direct',
        GOPRIVATE: '*.corp.example,github.com/acme/*',
        GOFLAGS: '-mod=mod',
        GONOSUMDB: '',
        GOAUTH: 'netrc;git /srv/home',
      },
    });
  });

  it.each([
    ['GOPROXY', 'STOA_GO_ENV: the value has no = in entry 1'],
    ['GOPROXY=https://a.example;https://b.example', 'STOA_GO_ENV: the value has no = in entry 2'],
    ['GOAUTH=netrc;git /srv/home', 'STOA_GO_ENV: the value has no = in entry 2'],
    ['GOPROXY=,', 'GOPROXY in STOA_GO_ENV: "," has no entries'],
    ['GOPROXY=https://a.example|ftp://b.example', 'GOPROXY in STOA_GO_ENV:'],
    ['GOPROXY=proxy', 'GOPROXY in STOA_GO_ENV:'],
    ['GOPROXY=http://user:hunter2@a.example,direct', 'GOPROXY in STOA_GO_ENV:'],
    ['GOSUMDB=sum.example http://user:hunter2@a.example', 'GOSUMDB in STOA_GO_ENV:'],
    ['GOSUMDB=,', 'GOSUMDB in STOA_GO_ENV: "," names no checksum database'],
    ['GOSUMDB=a b c d', 'GOSUMDB in STOA_GO_ENV:'],
    ['GOSUMDB=sum.example+key', 'GOSUMDB in STOA_GO_ENV:'],
  ])('that are bad in STOA_GO_ENV stop the start with one line: %s', (text, fault) => {
    const start = (): unknown => load({ STOA_GO_ENV: text, GOPROXY: 'off' });
    expect(start).toThrow(fault);
    expect(start).toThrow(/^(?!.*hunter2)[^\n]*$/);
  });

  it('take GOPRIVATE where GONOPROXY and GONOSUMDB are unset', () => {
    expect(load({ GOPRIVATE: 'a' }).config.go).toMatchObject({ GONOPROXY: 'a', GONOSUMDB: 'a' });
    expect(load({ GOPRIVATE: 'a', GONOPROXY: 'none', GONOSUMDB: 'b' }).config.go).toMatchObject({
      GONOPROXY: 'none',
      GONOSUMDB: 'b',
    });
  });

  it('do not take the GOPRIVATE of go env for a GONOPROXY of its own', () => {
    const goDefaults = { ...DEFAULTS, GOPRIVATE: 'old', GONOPROXY: 'old', GONOSUMDB: 'kept' };
    expect(load({ STOA_GO_ENV: 'GOPRIVATE=new' }, goDefaults).config.go).toMatchObject({
      GONOPROXY: 'new',
      GONOSUMDB: 'kept',
    });
    expect(load({}, goDefaults).config.go).toMatchObject({ GONOPROXY: 'old', GONOSUMDB: 'kept' });
  });

  it('are all in the table of settings', () => {
    const { sources } = load({});
    expect(sources.map(({ name }) => name).filter((name) => name.startsWith('GO'))).toEqual([...GO_NAMES]);
  });
});

describe('a missing GOPROXY', () => {
  const FAULT = 'GOPROXY is not set and there is no go command to ask for its default: install Go or set GOPROXY';

  it.each(['worker', 'start'] as const)('stops %s', (process) => {
    expect(() => loadConfig(process, {})).toThrow(FAULT);
    expect(() => loadConfig(process, { GOPROXY: '', STOA_GO_ENV: 'GOPROXY=' })).toThrow(FAULT);
  });

  it('is no matter to a gateway, which fetches nothing, nor offline', () => {
    expect(loadConfig('api', {}).config.go.GOPROXY).toBe('');
    expect(loadConfig('worker', { STOA_NETWORK_MODE: 'offline' }).config.go.GOPROXY).toBe('');
  });

  it('is not told when STOA_GO_ENV, which may set it, is broken', () => {
    expect(() => loadConfig('worker', { STOA_GO_ENV: 'GOPROXY' })).toThrow(/^STOA_GO_ENV: [^\n]*$/);
  });
});

describe('a missing GOSUMDB', () => {
  it.each(['worker', 'start'] as const)('stops %s, which would store everything unverified', (process) => {
    expect(() => loadConfig(process, { GOPROXY: 'off' })).toThrow(
      'GOSUMDB is not set and there is no go command to ask for its default: install Go or set GOSUMDB, or STOA_VERIFY=off',
    );
    expect(() => loadConfig(process, { GOPROXY: 'off', STOA_GO_ENV: 'GOSUMDB=' })).toThrow('GOSUMDB is not set');
  });

  it('is no matter to a gateway, nor where nothing is to be verified, nor offline', () => {
    expect(loadConfig('api', {}).config.verifyAgainst).toBeNull();
    for (const env of [{ STOA_VERIFY: 'off' }, { GOSUMDB: 'off' }, { STOA_NETWORK_MODE: 'offline' }]) {
      expect(loadConfig('worker', { GOPROXY: 'off', ...env }).config.verifyAgainst).toBeNull();
    }
  });
});

describe('the checksum databases', () => {
  it.each([
    [{}, [{ name: 'sum.golang.org' }]],
    [{ GOSUMDB: 'off' }, []],
    [{ GOSUMDB: 'sum.golang.google.cn' }, [{ name: 'sum.golang.org', url: 'https://sum.golang.google.cn' }]],
    [{ STOA_SUMDBS: 'sum.example', GOSUMDB: 'off' }, [{ name: 'sum.example' }]],
    [{ STOA_SUMDBS: 'off' }, []],
    [{ STOA_GO_ENV: 'GOSUMDB=sum.example' }, [{ name: 'sum.example' }]],
  ])('that are proxied, with %j', (env, expected) => {
    expect(load(env).config.sumdbs).toEqual(expected);
  });
});

describe('the environment of the go command', () => {
  it('takes over the search path, proxies and certificates, and nothing else', () => {
    const passed = {
      PATH: '/bin',
      HTTP_PROXY: 'http://p:1',
      https_proxy: 'http://p:2',
      NO_PROXY: 'x',
      SSL_CERT_FILE: '/ca',
      SSL_CERT_DIR: '/cas',
      GIT_SSL_CAINFO: '/ca',
      SSH_AUTH_SOCK: '/agent',
      TMPDIR: '/tmp',
      NODE_EXTRA_CA_CERTS: '/ca',
    };
    expect(
      load({ ...passed, HOME: '/root', GOFLAGS: '-x', AWS_SECRET: 'x', HTTPS_PROXY: '' }).config.go.inherited,
    ).toEqual(passed);
  });
});

describe('paths of certificates', () => {
  it('are of the folder where Stoa is started, not of that where the go command runs', () => {
    const relative = { SSL_CERT_FILE: 'ca.pem', SSL_CERT_DIR: 'cas:/etc/cas', GIT_SSL_CAINFO: './git.pem' };
    const absolute = {
      SSL_CERT_FILE: resolve('ca.pem'),
      SSL_CERT_DIR: `${resolve('cas')}:/etc/cas`,
      GIT_SSL_CAINFO: resolve('git.pem'),
    };
    expect(load(relative).config.go.inherited).toEqual(absolute);
    const STOA_GO_ENV = Object.entries({ ...relative, OTHER: 'a:b' }).map((pair) => pair.join('='));
    expect(load({ STOA_GO_ENV: STOA_GO_ENV.join(';') }).config.go.extra).toEqual({ ...absolute, OTHER: 'a:b' });
  });
});

describe('the environment of a child process', () => {
  it('has Go defaults where nothing is set, and the changes', () => {
    const env = { GOSUMDB: 'off', GOPROXY: '', HOME: '/root', ABSENT: undefined };
    expect(childEnvironment(env, DEFAULTS, { HOME: '/stoa', STOA_LISTEN: ':1', NOTHING: undefined })).toEqual({
      GOSUMDB: 'off',
      GOPROXY: DEFAULTS.GOPROXY,
      GOAUTH: 'netrc',
      HOME: '/stoa',
      STOA_LISTEN: ':1',
    });
  });

  it('gives the child the same Go settings as its parent', () => {
    const goDefaults = { ...DEFAULTS, GOPRIVATE: 'old', GONOPROXY: 'old', GONOSUMDB: 'old' };
    const env = { STOA_GO_ENV: 'GOPRIVATE=new;GOPROXY=' };
    expect(loadConfig('worker', childEnvironment(env, goDefaults)).config).toEqual(load(env, goDefaults).config);
  });
});
