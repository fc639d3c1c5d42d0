import { describe, expect, test } from 'vitest';
import { loadConfig } from '#libs/config';
import { createFetcher, EgressGuard } from '#libs/fetcher';
import { Metrics } from '#libs/observability';
import { buildEnvironment, goFolders } from '../src/direct/environment.js';
import { atEnd, context, directSource, refusal } from './fetching.js';
import { noSuchHost } from './guard/names.js';
import { forwardProxy } from './world.js';

const TEXT =
  'GOPROXY=https://a.example|https://b.example,direct;GOPRIVATE=*.corp.example,github.com/acme/*;' +
  'GOFLAGS=-mod=mod;GOSUMDB=off;GONOSUMDB=;GOAUTH=netrc\\;git /srv/home';

describe('STOA_GO_ENV', () => {
  test('steers the source plan', async () => {
    // Stands for the whole world, and lets nobody through.
    const proxy = await forwardProxy('http://127.0.0.1:1', '502 Bad Gateway');
    const env = { STOA_GO_ENV: `${TEXT};HTTPS_PROXY=${proxy.url}`, GOPROXY: 'off', HTTPS_PROXY: 'http://127.0.0.1:1' };
    const direct = directSource('all');
    const metrics = new Metrics();
    const guard = new EgressGuard({ allow: [], metrics, resolve: noSuchHost });
    const fetch = createFetcher(loadConfig('worker', env).config.go, direct.fetcher, metrics, { guard });
    atEnd(() => fetch.close());
    const job = await context();

    expect((await refusal(fetch.list('example.com/m', job))).kind).toBe('upstream');
    expect(proxy.asked.map(({ line }) => line)).toEqual(['CONNECT a.example:443', 'CONNECT b.example:443']);
    expect(direct.asked).toEqual([]);

    const mine = ['git.corp.example/m', 'a.corp.example/deep/m', 'github.com/acme/m', 'github.com/acme/m/v2'];
    for (const module of mine) await fetch.list(module, job);
    expect(direct.asked).toEqual(mine.map((module) => `list ${module}`));
    expect(proxy.asked).toHaveLength(2);

    await refusal(fetch.list('github.com/acme', job));
    await refusal(fetch.list('corp.example/m', job));
    expect(direct.asked).toHaveLength(mine.length);
  });

  test('steers the go command', () => {
    const { go } = loadConfig('worker', { STOA_GO_ENV: TEXT, GOPRIVATE: 'other.example' }).config;
    expect(buildEnvironment(go, goFolders('/data'), {})).toMatchObject({
      GOPRIVATE: '*.corp.example,github.com/acme/*',
      GOFLAGS: expect.stringMatching(/^-mod=mod( |$)/),
      GONOSUMDB: '',
      GOAUTH: 'netrc;git /srv/home',
      // A source of the plan is one source alone, whatever the list says.
      GOPROXY: 'direct',
    });
  });
});
