import { COMMIT, FIRST_PSEUDO, PSEUDO, STORED } from '../fixtures.js';
import { get, head, row, type Room } from '../row.js';

const TEXT = 'text/plain; charset=utf-8';
const IMMUTABLE = 'public, max-age=31536000, immutable';
const BRIEF = /^public, max-age=([1-5]?\d|60)$/;
const MOD = '/example.com/!mod';

/** A JSON object with a Version and, whatever else stands in it, a time. */
const infoOf = (version: string): RegExp =>
  new RegExp(`^\\{"Version":"${version.replaceAll(/[.+]/g, '\\$&')}","Time":"2024-01-02T03:04:05Z".*\\}$`);

const resolved = (what: string, query: string) =>
  row(`.info of ${what} gives the canonical version, for a while`, get(`${MOD}/@v/${query}.info`), 200, {
    headers: { 'content-type': 'application/json', 'cache-control': BRIEF, vary: 'Disable-Module-Fetch' },
    body: infoOf(PSEUDO),
  });

const unknown = (file: string) =>
  row(
    `${file} of an unknown module is 404, which caches may keep for a while`,
    get(`/example.com/unknown/${file}`),
    404,
    {
      headers: { 'cache-control': /^public, max-age=\d+$/ },
      body: /^not found: example\.com\/unknown/,
    },
  );

/** Sections 0 and 1: what each endpoint answers. */
export const endpoints: Room = {
  title: '1. endpoints',
  needs: 'fixtures',
  rows: [
    row('the list has the canonical versions of this major in semver order', get(`${MOD}/@v/list`), 200, {
      headers: { 'content-type': TEXT, 'cache-control': BRIEF, etag: /^"[^"]+"$/, 'accept-ranges': 'bytes' },
      body: 'v1.0.0\nv1.1.0\nv1.2.0-RC1\n',
    }),
    row('the list of a /v2 module has its major alone', get(`${MOD}/v2/@v/list`), 200, { body: 'v2.0.0\n' }),
    row('the list has +incompatible versions', get('/example.com/old/@v/list'), 200, { body: 'v2.0.0+incompatible\n' }),
    row('the list of gopkg.in/yaml.v2 has v2 versions', get('/gopkg.in/yaml.v2/@v/list'), 200, { body: 'v2.4.0\n' }),
    row('the list of a module without tags is 200 and empty', get('/example.com/untagged/@v/list'), 200, {
      headers: { 'content-length': '0', 'content-type': TEXT },
      body: '',
    }),
    row('HEAD of an empty list', head('/example.com/untagged/@v/list'), 200, { headers: { 'content-length': '0' } }),
    row('@latest is the highest release', get(`${MOD}/@latest`), 200, {
      headers: { 'content-type': 'application/json', 'cache-control': BRIEF, vary: 'Disable-Module-Fetch' },
      body: infoOf('v1.1.0'),
    }),
    row('@latest of a module without tags is a pseudo-version', get('/example.com/untagged/@latest'), 200, {
      body: infoOf(FIRST_PSEUDO),
    }),
    row('@latest of a module without any version is 404', get('/example.com/nothing/@latest'), 404),
    row('.info echoes the version, with its time and origin', get(`${MOD}/@v/v1.0.0.info`), 200, {
      headers: { 'content-type': 'application/json', 'cache-control': 'public, max-age=604800', vary: null },
      body: STORED.info,
    }),
    row('.info of a pseudo-version is that of a version', get(`${MOD}/@v/${PSEUDO}.info`), 200, {
      headers: { 'cache-control': 'public, max-age=604800', vary: null },
      body: infoOf(PSEUDO),
    }),
    row('.info of a prerelease with upper case', get(`${MOD}/@v/v1.2.0-!r!c1.info`), 200, {
      body: infoOf('v1.2.0-RC1'),
    }),
    row('.info of an +incompatible version', get('/example.com/old/@v/v2.0.0+incompatible.info'), 200, {
      body: infoOf('v2.0.0+incompatible'),
    }),
    resolved('a branch', 'main'),
    resolved('a branch with upper case', '!feature_!x'),
    resolved('HEAD', '!h!e!a!d'),
    resolved('a short commit', 'abcdef1'),
    resolved('a whole commit', COMMIT),
    resolved('a version with build metadata', 'v1.1.0+meta'),
    row('.mod is byte for byte, for ever', get(`${MOD}/@v/v1.0.0.mod`), 200, {
      headers: { 'content-type': TEXT, 'cache-control': IMMUTABLE, vary: null, 'accept-ranges': 'bytes' },
      body: STORED.mod,
    }),
    row('.zip is byte for byte, for ever', get(`${MOD}/@v/v1.0.0.zip`), 200, {
      headers: { 'content-type': 'application/zip', 'cache-control': IMMUTABLE, vary: null, 'accept-ranges': 'bytes' },
      body: STORED.zip,
    }),
    row('.zip of a version whose .info nobody asked for', get('/gopkg.in/yaml.v2/@v/v2.4.0.zip'), 200, { body: /^PK/ }),
    row('.mod of a version whose .info nobody asked for', get(`${MOD}/@v/v1.1.0.mod`), 200),
    ...['list', 'v1.0.0.info', 'v1.0.0.mod', 'v1.0.0.zip', 'main.info'].map((file) =>
      row(`HEAD of ${file} says what GET says`, head(`${MOD}/@v/${file}`), 200, {
        headers: {
          'content-length': '<size>',
          etag: '<etag>',
          'last-modified': '<modified>',
          'accept-ranges': 'bytes',
        },
      }),
    ),
    row('HEAD of @latest says what GET says', head(`${MOD}/@latest`), 200, {
      headers: { 'content-length': '<size>', etag: '<etag>', 'content-type': 'application/json' },
    }),
    row('HEAD of what is not stored fetches it', head('/a.b/c/@v/v1.0.0.zip'), 200, {
      headers: { 'content-length': /^\d+$/ },
    }),
    row('HEAD of an unknown version is 404', head(`${MOD}/@v/v9.9.9.zip`), 404),
    ...['@v/list', '@latest', '@v/v1.0.0.info', '@v/v1.0.0.mod', '@v/v1.0.0.zip', '@v/main.info'].map(unknown),
    row('an unknown version of a known module is 404', get(`${MOD}/@v/v1.9.0.info`), 404, {
      body: /^not found: example\.com\/Mod@v1\.9\.0: /,
    }),
    row('an unknown revision of a known module is 404', get(`${MOD}/@v/nobranch.info`), 404),
    row('an answer has a request id', get(`${MOD}/@v/list`), 200, { headers: { 'x-request-id': /^[\w-]{8,}$/ } }),
    row('a request id that is a plain word comes back', get(`${MOD}/@v/list`, { 'X-Request-Id': 'build-42' }), 200, {
      headers: { 'x-request-id': 'build-42' },
    }),
    row('any other request id is replaced', get(`${MOD}/@v/list`, { 'X-Request-Id': 'a b\tc' }), 200, {
      headers: { 'x-request-id': /^[\w-]{8,}$/ },
    }),
    row(
      'nothing is compressed that was not asked to be',
      get(`${MOD}/@v/v1.0.0.mod`, { 'Accept-Encoding': 'gzip' }),
      200,
      {
        headers: { 'content-encoding': null },
        body: STORED.mod,
      },
    ),
  ],
};
