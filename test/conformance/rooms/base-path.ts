import { STORED } from '../fixtures.js';
import { get, head, rawRow, refused, row, type Room } from '../row.js';

const MOD = '/example.com/!mod';
const HEADER = { 'Disable-Module-Fetch': '1' };

/** Section 2.8, and what needs no Redis: the second gateway, below /go. */
export const basePath: Room = {
  title: '2.8 a base path, and a gateway without Redis',
  needs: 'fixtures',
  gateway: 'alone',
  quiet: true,
  rows: [
    row('a stored file', get(`${MOD}/@v/v1.0.0.mod`), 200, { body: STORED.mod }),
    row('HEAD of a stored file', head(`${MOD}/@v/v1.0.0.zip`), 200, { headers: { 'content-length': '<size>' } }),
    row('an absolute-form target', get(`http://<host><base>${MOD}/@v/v1.0.0.mod?x`), 200, { body: STORED.mod }),
    row('the home page', get(''), 200, {
      headers: { 'content-type': 'text/html; charset=utf-8' },
      body: /GOPROXY=.*\/go</,
    }),
    row('the home page with a slash', get('/'), 200, { headers: { 'content-type': 'text/html; charset=utf-8' } }),
    row('a probe', get('/healthz'), 200, { body: 'ok\n' }),
    row('HEAD of a probe', head('/healthz'), 200),
    row('a database', get('/sumdb/sum.test/db/supported'), 200, { body: '' }),
    row('an old list is served stale when the queue is away', get(`${MOD}/@v/list`), 200, {
      headers: { 'x-stoa-cache': 'stale', 'cache-control': 'public, max-age=0' },
      body: 'v1.0.0\nv1.1.0\nv1.2.0-RC1\n',
    }),
    row('a miss is 503 when the queue is away', get('/example.com/other/@v/list'), 503, {
      headers: { 'retry-after': /^\d+$/, 'cache-control': 'no-store' },
      body: 'unavailable: example.com/other: the job queue does not answer\n',
    }),
    row('cached-only: a stored file', get(`/cached-only${MOD}/@v/v1.0.0.mod`), 200, { body: STORED.mod }),
    row('cached-only: an old list', get(`/cached-only${MOD}/@v/list`), 200, {
      headers: { 'cache-control': 'public, max-age=0', vary: 'Disable-Module-Fetch' },
      body: 'v1.0.0\nv1.1.0\nv1.2.0-RC1\n',
    }),
    row('cached-only: an old @latest', get(`${MOD}/@latest`, HEADER), 200, { headers: { 'x-stoa-cache': 'stale' } }),
    row('cached-only: an old branch', get(`${MOD}/@v/main.info`, HEADER), 200, {
      headers: { 'x-stoa-cache': 'stale' },
    }),
    row('cached-only: a miss is 404 all the same', get('/cached-only/example.com/other/@v/list'), 404, {
      headers: { 'cache-control': 'no-store' },
    }),
    row('cached-only: a miss by header', get('/example.com/other/@latest', HEADER), 404),
    row('cached-only: a lookup', get('/cached-only/sumdb/sum.test/db/lookup/example.com/other@v1.0.0'), 404),
    row('cached-only: what is old of a database', get('/cached-only/sumdb/sum.test/db/latest'), 404),
    refused('a module behind a double slash', `/${MOD}/@v/v1.0.0.mod`),
    ...[
      ['above the base path', `${MOD}/@v/v1.0.0.mod`],
      ['beside the base path', `/gone${MOD}/@v/v1.0.0.mod`],
      ['an escaped base path', `/%67o${MOD}/@v/v1.0.0.mod`],
      ['the base path in upper case', `/GO${MOD}/@v/v1.0.0.mod`],
      ['cached-only before the base path', `/cached-only/go${MOD}/@v/v1.0.0.mod`],
      ['the root', '/'],
      ['a probe above the base path', '/healthz'],
    ].map(([rule = '', path = '']) =>
      rawRow(`${rule} is nobody's`, `GET ${path} HTTP/1.1\r\nHost: <host>\r\nConnection: close\r\n\r\n`, {
        status: 404,
      }),
    ),
  ],
};
