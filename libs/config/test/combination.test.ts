import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { faultsOf, load } from './loading.js';

describe('a gateway', () => {
  it('has two listeners with an address each', () => {
    expect(faultsOf({ STOA_LISTEN: ':3001', STOA_OPS_LISTEN: ':3001' }, 'api')).toEqual([
      'STOA_OPS_LISTEN: is the address of STOA_LISTEN; each needs its own',
    ]);
    expect(faultsOf({ STOA_LISTEN: 'unix:/a', STOA_OPS_LISTEN: 'unix:/a' }, 'api')).toHaveLength(1);
    expect(faultsOf({ STOA_LISTEN: ':0', STOA_OPS_LISTEN: ':0' }, 'api')).toEqual([]);
    expect(faultsOf({ STOA_LISTEN: ':3001', STOA_OPS_LISTEN: 'unix:/a' }, 'api')).toEqual([]);
  });

  it.each([
    [{ STOA_LISTEN: ':3000', STOA_GITHUB_TOKEN: 'ghp_x' }, 1],
    [{ STOA_LISTEN: ':3000' }, 0],
    [{ STOA_GITHUB_TOKEN: 'ghp_x' }, 0],
    [{ STOA_LISTEN: 'unix:/run/stoa.sock', STOA_GITHUB_TOKEN: 'ghp_x' }, 0],
  ])('warns when whoever reaches it reads private modules: %j', (env, count) => {
    expect(load(env, 'start').warnings).toHaveLength(count);
  });
});

describe('credentials for private modules', () => {
  it('are files that the worker can read', () => {
    const missing = join(import.meta.dirname, 'no-such-netrc');
    expect(faultsOf({ STOA_NETRC_FILE: missing })).toEqual([
      `STOA_NETRC_FILE: ${JSON.stringify(missing)} can not be read (ENOENT)`,
    ]);
    expect(load({ STOA_NETRC_FILE: import.meta.filename }).config.vcs.netrcFile).toBe(import.meta.filename);
  });

  it('are no concern of the gateway', () => {
    expect(faultsOf({ STOA_NETRC_FILE: '/no/such/netrc' }, 'api')).toEqual([]);
  });
});

describe('a GOPROXY that leads back to the gateway', () => {
  it.each([
    { GOPROXY: 'http://127.0.0.1:3000' },
    { GOPROXY: 'https://proxy.example|http://localhost:3000/,direct' },
    { GOPROXY: 'http://[::1]:4000', STOA_LISTEN: ':4000' },
    { STOA_GO_ENV: 'GOPROXY=http://127.0.0.1:3000' },
  ])('stops a standalone: %j', (env) => {
    expect(faultsOf(env, 'start')).toEqual([expect.stringMatching(/^GOPROXY: names this gateway itself/)]);
  });

  it.each([
    { GOPROXY: 'http://127.0.0.1:3001' },
    { GOPROXY: 'http://proxy.example:3000' },
    { GOPROXY: 'http://127.0.0.1:3000', STOA_GO_ENV: 'GOPROXY=https://proxy.example' },
    { GOPROXY: 'http://127.0.0.1:3000', STOA_LISTEN: 'unix:/run/stoa.sock' },
  ])('is not seen where there is none: %j', (env) => {
    expect(faultsOf(env, 'start')).toEqual([]);
  });
});
