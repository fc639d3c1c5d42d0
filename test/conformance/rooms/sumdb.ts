import { get, head, refused, row, type Room } from '../row.js';

const DB = '/sumdb/sum.test/db';
const LOOKUP = `${DB}/lookup/example.com/%21mod@v1.0.0`;
const UNKNOWN = `${DB}/lookup/example.com/unknown@v1.0.0`;
const TEXT = 'text/plain; charset=utf-8';

/** Section 3: a proxied checksum database, whose name has a slash. */
export const sumdb: Room = {
  title: '3. a checksum database',
  needs: 'fixtures',
  rows: [
    row('supported is 200 and empty', get(`${DB}/supported`), 200, { headers: { 'content-length': '0' }, body: '' }),
    row('HEAD of supported', head(`${DB}/supported`), 200),
    row('a lookup', get(LOOKUP), 200, {
      headers: { 'content-type': TEXT, 'cache-control': /^public, max-age=\d{5,}$/, vary: null, etag: /^".+"$/ },
      body: /^\d+\nexample\.com\/Mod v1\.0\.0 h1:.*\nexample\.com\/Mod v1\.0\.0\/go\.mod h1:.*\n\ngo\.sum database tree\n/,
    }),
    row('a lookup with ! as it stands', get(`${DB}/lookup/example.com/!mod@v1.0.0`), 200, {
      body: /^\d+\nexample\.com\/Mod /,
    }),
    row('a lookup of a +incompatible version', get(`${DB}/lookup/example.com/old@v2.0.0+incompatible`), 200),
    row('HEAD of a lookup', head(LOOKUP), 200, { headers: { 'content-length': '<size>', etag: '<etag>' } }),
    row('a condition on a lookup', get(LOOKUP, { 'If-None-Match': '<etag>' }), 304),
    row('a range of a lookup', get(LOOKUP, { Range: 'bytes=0-3' }), 206, { body: (whole) => whole.subarray(0, 4) }),
    row('an unsatisfiable range of a lookup', get(LOOKUP, { Range: 'bytes=99999-' }), 416),
    row('a tile', get(`${DB}/tile/8/0/000.p/1`), 200, {
      headers: { 'content-type': 'application/octet-stream', 'content-length': '32' },
    }),
    row('a data tile', get(`${DB}/tile/8/data/000.p/1`), 200, { headers: { 'content-type': TEXT }, body: /h1:/ }),
    row('HEAD of a tile', head(`${DB}/tile/8/0/000.p/1`), 200, { headers: { 'content-length': '32' } }),
    row('the latest tree head, for a while', get(`${DB}/latest`), 200, {
      headers: {
        'content-type': TEXT,
        'cache-control': /^public, max-age=([1-5]?\d|60)$/,
        vary: 'Disable-Module-Fetch',
      },
      body: /^go\.sum database tree\n/,
    }),
    row('a lookup of an unknown module is 404, for as long as it is not asked anew', get(UNKNOWN), 404, {
      headers: { 'cache-control': /^public, max-age=[1-3]$/ },
    }),
    row('a tile beyond the tree', get(`${DB}/tile/8/9/000`), 404, {
      body: 'not found: sum.test/db/tile/8/9/000: beyond the tree of the checksum database\n',
    }),
    row('a query is ignored', get(`${LOOKUP}?token=abc`), 200),
  ],
};

/** Paths of no database that is proxied, and paths that no database has. */
export const sumdbNowhere: Room = {
  title: '3. paths that no proxied database has',
  needs: 'nothing',
  quiet: true,
  rows: [
    refused('an unknown database', '/sumdb/evil.example/supported'),
    refused('a database on an address', '/sumdb/127.0.0.1:80/latest'),
    refused('a database with a scheme', '/sumdb/http:%2f%2f127.0.0.1/latest'),
    refused('no database', '/sumdb/'),
    refused('/sumdb alone', '/sumdb'),
    refused('half a name', '/sumdb/sum.test/supported'),
    refused('the name and nothing', `${DB}/`),
    refused('the name alone', DB),
    refused('an unknown file', `${DB}/unknown`),
    refused('a slash behind supported', `${DB}/supported/`),
    refused('a lookup of a version that is none', `${DB}/lookup/example.com/mod@main`),
    refused('a lookup without a version', `${DB}/lookup/example.com/mod`),
    refused('a lookup of no module path', `${DB}/lookup/mod@v1.0.0`),
    refused('a lookup in raw upper case', `${DB}/lookup/example.com/Mod@v1.0.0`),
    refused('a lookup with ..', `${DB}/lookup/example.com/../mod@v1.0.0`),
    refused('a lookup of a query', `${DB}/lookup/example.com/mod@v1.0.0%3fx=y`),
    refused('a tile of another height', `${DB}/tile/7/0/000`),
    refused('a tile of no number', `${DB}/tile/8/0/12`),
    refused('a tile that is too wide', `${DB}/tile/8/0/000.p/256`),
    refused('a tile with ..', `${DB}/tile/8/0/../000`),
    refused('an undecodable path', `${DB}/lookup/%zz`),
    refused('a key that is too long', `${DB}/lookup/example.com/${'a/'.repeat(500)}x@v1.0.0`),
  ],
};
