import { get, head, row, type Room, type Row } from '../row.js';

const JSON_TYPE = 'application/json';
const PLAIN = 'text/plain; charset=utf-8';
const LATER = '9999-01-01T00:00:00Z';

function bad(rule: string, target: string): Row {
  return row(rule, get(target), 400, {
    headers: { 'content-type': PLAIN, 'cache-control': 'no-store' },
    body: /^bad request: /,
  });
}

/** Section 6: the index, and the catalog beside it. */
export const listings: Room = {
  title: '6. the index and the catalog',
  needs: 'fixtures',
  quiet: true,
  rows: [
    row('an index of JSON lines', get('/index'), 200, {
      headers: { 'content-type': JSON_TYPE },
      body: /^(\{"Path":.*\}\n)*$/,
    }),
    row('HEAD of the index', head('/index'), 200, { headers: { 'content-type': JSON_TYPE } }),
    row('nothing new is an empty answer', get(`/index?since=${LATER}`), 200, { body: '' }),
    row('a time with a fraction', get('/index?since=9999-01-01T00:00:00.123456789Z'), 200, { body: '' }),
    row('a time with an offset', get('/index?since=9999-01-01T00:00:00%2B02:00'), 200, { body: '' }),
    row('an offset whose plus is a space', get('/index?since=9999-01-01T00:00:00+02:00'), 200, { body: '' }),
    row('include=all', get(`/index?since=${LATER}&include=all`), 200, { body: '' }),
    row('a limit beyond the largest is the largest', get(`/index?since=${LATER}&limit=1000000`), 200, { body: '' }),
    row('another parameter is ignored', get(`/index?since=${LATER}&token=abc`), 200, { body: '' }),
    bad('no time', '/index?since=yesterday'),
    bad('a day without a time', '/index?since=2026-01-01'),
    bad('a day that is none', '/index?since=2026-02-30T00:00:00Z'),
    bad('a limit of none', '/index?limit=0'),
    bad('a limit below none', '/index?limit=-1'),
    bad('a limit that is no number', '/index?limit=ten'),
    bad('another include', '/index?include=some'),
    row('the index is not written to', { ...get('/index'), method: 'POST' }, 405, { headers: { allow: 'GET, HEAD' } }),
    row('nothing is below the index', get('/index/x'), 404),
    row('a catalog', get('/catalog'), 200, {
      headers: { 'content-type': JSON_TYPE },
      body: /^\{"modules":\[.*\],"next":"[\w-]*"\}$/,
    }),
    row('HEAD of the catalog', head('/catalog'), 200, { headers: { 'content-type': JSON_TYPE } }),
    row('a page size', get('/catalog?pagesize=1'), 200, { body: /^\{"modules":\[(\{[^}]*\})?\],"next":"[\w-]*"\}$/ }),
    row('a page size beyond the largest is the largest', get('/catalog?pagesize=1000000'), 200),
    bad('a token of somebody else', '/catalog?token=nonsense'),
    bad('a page size of none', '/catalog?pagesize=0'),
    bad('a page size that is no number', '/catalog?pagesize=many'),
  ],
};
