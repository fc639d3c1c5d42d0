import { get, head, row, type Room, type Row } from '../row.js';

const NO_STORE = { 'cache-control': 'no-store' };
const answers = (rule: string, code: number, status: number, body: RegExp): Row =>
  row(`an upstream's ${code} is ${status}: ${rule}`, get(`/example.com/s${code}/@v/list`), status, {
    headers: status === 404 ? { 'cache-control': /^public, max-age=\d+$/ } : NO_STORE,
    body,
  });

/** Sections 2.1 to 2.3: the status that makes go do the right thing, and a line that says why. */
export const errors: Room = {
  title: '2.2 errors of an upstream',
  needs: 'fixtures',
  rows: [
    answers('go on to the next source', 404, 404, /^not found: example\.com\/s404: the upstream says 404\n$/),
    answers('go on to the next source', 410, 404, /^not found: example\.com\/s410: the upstream says 410\n$/),
    answers('stop', 403, 403, /^forbidden: example\.com\/s403: the upstream says 403\n$/),
    answers('stop', 451, 403, /^forbidden: example\.com\/s451: the upstream says 451\n$/),
    answers('its credentials are ours to give', 401, 502, /^bad upstream: example\.com\/s401: /),
    answers('it is not the client who asks too much', 429, 502, /^bad upstream: example\.com\/s429: /),
    answers('it failed', 500, 502, /^bad upstream: example\.com\/s500: /),
    answers('it failed', 503, 502, /^bad upstream: example\.com\/s503: /),
    row('an upstream that does not answer is 504', get('/example.com/hangs/@v/list'), 504, {
      headers: NO_STORE,
      body: /^timed out: example\.com\/hangs: /,
    }),
    row('HEAD of what fails has no body', head('/example.com/s500/@v/v1.0.0.zip'), 502),
    row('redirects without end are 502', get('/example.com/moves/@v/list'), 502, { headers: NO_STORE }),
    row('a web page in place of a file is 502', get('/example.com/page/@v/v1.0.0.info'), 502, { headers: NO_STORE }),
    row('paths, addresses and credentials are not told', get('/example.com/tells/@v/list'), 404, {
      body: /^not found: example\.com\/tells: git ls-remote <url> in <path>: .* on <address>: no such host\n$/,
    }),
    row('nor of a version', get('/example.com/tells/@v/v1.0.0.info'), 404, {
      body: /^not found: example\.com\/tells@v1\.0\.0: /,
    }),
    row('nor by one that forbids', get('/example.com/forbids/@latest'), 403, {
      body: /^forbidden: example\.com\/forbids@latest: /,
    }),
    row('a long text is cut to what go shows', get('/example.com/long/@v/list'), 404, {
      body: /^not found: .*\.\.\.\n$/,
    }),
    row('what can not be printed is left out', get('/example.com/dirty/@v/list'), 404, {
      body: /^not found: example\.com\/dirty: a ?\[31m ?b\n$/,
    }),
    row('the request line is not told back raw', get('/example.com/%1b[31m%e2%80%ae/@v/list'), 404),
    row('a long path is not told back whole', get(`/${'x'.repeat(8000)}/@v/list`), 404, { body: /^.{1,400}\n$/ }),
  ],
};
