import { describe, expect, it } from 'vitest';
import { loadConfig } from '#libs/config';
import { faultsOf, load } from './loading.js';

describe('an external storage', () => {
  const external = { STOA_STORAGE: 'external', STOA_EXTERNAL_URL: 'https://storage.example/go/' };

  it('needs a URL, and nothing else', () => {
    expect(load(external).config.storage).toMatchObject({
      kind: 'external',
      url: new URL('https://storage.example/go'),
    });
    expect(faultsOf({ STOA_STORAGE: 'external' })).toEqual([
      'STOA_EXTERNAL_URL: is not set, and STOA_STORAGE=external needs it',
    ]);
  });

  it('takes a token, a folder, and the way that the process environment names', () => {
    const env = {
      ...external,
      STOA_EXTERNAL_TOKEN: 'abc.DEF-1==',
      STOA_META_ROOT: '/srv/meta',
      HTTPS_PROXY: 'http://proxy.example:3128',
      SSL_CERT_FILE: '/etc/own.pem',
      STOA_GO_ENV: 'HTTPS_PROXY=http://of-go.example',
    };
    const { config } = load(env);
    expect(config.storage).toMatchObject({
      token: 'abc.DEF-1==',
      metaRoot: '/srv/meta',
      network: { HTTPS_PROXY: 'http://proxy.example:3128', SSL_CERT_FILE: '/etc/own.pem' },
    });
    expect(config.storageToken).toBe('abc.DEF-1==');
  });

  it.each(['storage.example', 'ftp://storage.example', 'http://u:hunter2@storage.example', 'http://storage.example?x'])(
    'refuses the URL %j',
    (url) => {
      const [fault] = faultsOf({ ...external, STOA_EXTERNAL_URL: url });
      expect(fault).toContain('is not http://host:port or https://host/path');
      expect(fault).not.toContain('hunter2');
    },
  );

  it('refuses a token that no header can carry, and keeps it to itself', () => {
    expect(faultsOf({ ...external, STOA_EXTERNAL_TOKEN: 'two words' })).toEqual([
      'STOA_EXTERNAL_TOKEN: the value is not a token of letters, digits and -._~+/=',
    ]);
  });

  it('that is set up but not chosen is a warning', () => {
    expect(load({ STOA_EXTERNAL_URL: 'http://a.example', STOA_META_ROOT: '/srv/meta' }).warnings).toEqual([
      'STOA_EXTERNAL_URL has no effect while STOA_STORAGE is fs',
      'STOA_META_ROOT has no effect while STOA_STORAGE is fs',
    ]);
  });
});

function serve(env: Record<string, string>) {
  return loadConfig('storage', env);
}

describe('a storage server', () => {
  it('has listeners of its own', () => {
    const { config } = serve({});
    expect([config.listen, config.opsListen]).toEqual([
      { host: '127.0.0.1', port: 3003 },
      { host: '127.0.0.1', port: 3004 },
    ]);
    expect(() => serve({ STOA_LISTEN: ':8080', STOA_OPS_LISTEN: ':8080' })).toThrow('is the address of STOA_LISTEN');
  });

  it('warns when anybody may write', () => {
    expect(serve({ STOA_LISTEN: ':3003' }).warnings).toEqual([
      'STOA_EXTERNAL_TOKEN is not set and STOA_LISTEN is not loopback: whoever reaches it reads and writes modules',
    ]);
    expect(serve({ STOA_LISTEN: ':3003', STOA_EXTERNAL_TOKEN: 'secret' }).warnings).toEqual([]);
  });

  it('does not serve itself', () => {
    expect(() => serve({ STOA_STORAGE: 'external', STOA_EXTERNAL_URL: 'http://localhost:3003' })).toThrow(
      'STOA_EXTERNAL_URL: names this storage server itself, so it would ask itself for ever',
    );
  });
});
