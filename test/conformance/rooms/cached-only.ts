import { STORED } from '../fixtures.js';
import { get, head, refused, row, type Parts, type Room, type Row } from '../row.js';

const HEADER = { 'Disable-Module-Fetch': 'true' };
const VARY = 'Disable-Module-Fetch';
const MOD = '/example.com/!mod';

const missed = (rule: string, request: Parts): Row =>
  row(rule, request, 404, {
    headers: { 'cache-control': 'no-store', vary: VARY },
    ...(request.method === 'HEAD' ? {} : { body: /^not found: .*not stored, and fetching is disabled\n$/ }),
  });

const both = (rule: string, target: string, make: (rule: string, request: Parts) => Row): Row[] => [
  make(`by header: ${rule}`, get(target, HEADER)),
  make(`by path: ${rule}`, get(`/cached-only${target}`)),
];

const found =
  (body: string | Buffer | RegExp, headers: Record<string, string | RegExp | null> = {}) =>
  (rule: string, request: Parts): Row =>
    row(rule, request, 200, { body, headers });

/** Section 2.6: only what is stored. */
export const cachedOnly: Room = {
  title: '2.6 Disable-Module-Fetch and /cached-only',
  needs: 'fixtures',
  quiet: true,
  rows: [
    ...both('a stored .info', `${MOD}/@v/v1.0.0.info`, found(STORED.info, { vary: null })),
    ...both('a stored .mod', `${MOD}/@v/v1.0.0.mod`, found(STORED.mod, { vary: null })),
    ...both('a stored .zip', `${MOD}/@v/v1.0.0.zip`, found(STORED.zip, { vary: null })),
    ...both('a stored list', `${MOD}/@v/list`, found('v1.0.0\nv1.1.0\nv1.2.0-RC1\n', { vary: VARY })),
    ...both('a stored @latest', `${MOD}/@latest`, found(/"v1\.1\.0"/, { vary: VARY })),
    ...both('a stored branch', `${MOD}/@v/main.info`, found(/"Version":/, { vary: VARY })),
    ...both('a list made of what is stored', '/example.com/half/@v/list', found('v1.0.0\n', { vary: VARY })),
    ...both('@latest made of what is stored', '/example.com/half/@latest', found(/"v1\.0\.0"/, { vary: VARY })),
    ...both('a list that is stored and empty', '/example.com/nothing/@v/list', found('')),
    ...both('a version that is not stored', '/example.com/half/@v/v1.1.0.info', missed),
    ...both('a zip that is not stored', '/example.com/half/@v/v1.0.0.zip', missed),
    ...both('a .mod that is not stored', '/example.com/never/@v/v1.0.0.mod', missed),
    ...both('a list that is not stored', '/example.com/never/@v/list', missed),
    ...both('@latest that is not stored', '/example.com/never/@latest', missed),
    ...both('a branch that is not stored', '/example.com/half/@v/main.info', missed),
    ...both('a lookup that is not stored', '/sumdb/sum.test/db/lookup/example.com/never@v1.0.0', missed),
    ...both('a tile that is not stored', '/sumdb/sum.test/db/tile/8/0/x001/234', missed),
    missed('HEAD of what is not stored', head('/cached-only/example.com/never/@v/v1.0.0.zip')),
    row('HEAD of what is stored', head(`/cached-only${MOD}/@v/v1.0.0.zip`), 200, {
      headers: { 'content-length': '<size>' },
    }),
    row('a range of what is stored', get(`${MOD}/@v/v1.0.0.zip`, { ...HEADER, Range: 'bytes=0-1' }), 206, {
      body: 'PK',
    }),
    row(
      'a range of a list made of what is stored',
      get('/example.com/half/@v/list', { ...HEADER, Range: 'bytes=0-1' }),
      206,
      {
        headers: { 'content-range': 'bytes 0-1/7' },
        body: 'v1',
      },
    ),
    row(
      'a condition on a list made of what is stored',
      get('/cached-only/example.com/half/@v/list', { 'If-None-Match': '<etag>' }),
      304,
      {
        headers: { vary: VARY },
      },
    ),
    ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((value) =>
      missed(`the header is on: ${value}`, get('/example.com/never/@v/list', { 'Disable-Module-Fetch': value })),
    ),
    missed(
      'of two headers the first counts',
      get('/example.com/never/@v/list', { 'Disable-Module-Fetch': 'true', 'disable-module-fetch': 'false' }),
    ),
    missed('the name of the header in any case', get('/example.com/never/@v/list', { 'dISABLE-mODULE-fETCH': 'true' })),
    missed(
      'the header can not switch the path off',
      get('/cached-only/example.com/never/@v/list', { 'Disable-Module-Fetch': 'false' }),
    ),
    row('a database is proxied all the same', get('/cached-only/sumdb/sum.test/db/supported'), 200),
    refused('an unknown database', '/cached-only/sumdb/evil.example/supported'),
    refused('the path twice', '/cached-only/cached-only/example.com/!mod/@v/list'),
    refused('the path with an escape', '/cached%2Donly/example.com/!mod/@v/list'),
    refused('the path alone', '/cached-only'),
    refused('the path and a slash', '/cached-only/'),
    row('a malformed module', get('/cached-only/Example/@v/list'), 404, { headers: { 'cache-control': 'no-store' } }),
  ],
};

/** The header where it does not ask for anything: run after the room above, it shows that no refusal was kept. */
export const fetching: Room = {
  title: '2.6 the header is off',
  needs: 'fixtures',
  rows: [
    ...['0', 'f', 'false', 'False', 'yes', 'on', 'tRUE', ''].map((value) =>
      row(`for ${value || 'nothing'}`, get('/example.com/never/@v/list', { 'Disable-Module-Fetch': value }), 200, {
        headers: { vary: VARY },
        body: 'v1.0.0\n',
      }),
    ),
    row(
      'a refusal after a fetch is kept by caches, a cached-only client being another to them',
      get('/example.com/absent/@v/list'),
      404,
      {
        headers: { 'cache-control': /^public, max-age=\d+$/, vary: VARY },
      },
    ),
  ],
};
