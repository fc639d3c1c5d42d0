import { get, head, row, type Room } from '../row.js';

const HTML = 'text/html; charset=utf-8';
const JSON_TYPE = /^application\/json(; charset=utf-8)?$/;

/** The pages of the gateway itself. */
export const pages: Room = {
  title: 'the pages of the gateway',
  needs: 'fixtures',
  quiet: true,
  rows: [
    row('the home page says how to use it', get('/'), 200, {
      headers: { 'content-type': HTML },
      body: /GOPROXY=http:\/\/<?[^ ]+/,
    }),
    row('HEAD of the home page', head('/'), 200, { headers: { 'content-type': HTML, 'content-length': /^\d+$/ } }),
    row('an absolute-form target without a path is the home page', get('http://<host>'), 200, {
      headers: { 'content-type': HTML },
    }),
    row('robots.txt', get('/robots.txt'), 200, { body: 'User-agent: *\nDisallow: /\n' }),
    row('HEAD of robots.txt', head('/robots.txt'), 200),
    row('/healthz', get('/healthz?x'), 200, { headers: { 'cache-control': 'no-store' }, body: 'ok\n' }),
    row('HEAD of /healthz', head('/healthz'), 200),
    row('/readyz', get('/readyz'), 200, { headers: { 'content-type': JSON_TYPE }, body: /^\{"status":"ok"/ }),
    row('HEAD of /readyz', head('/readyz'), 200),
    row('/version', get('/version'), 200, { headers: { 'content-type': JSON_TYPE }, body: /"name":"stoa"/ }),
    row('HEAD of /version', head('/version'), 200),
    row('metrics are for operators alone', get('/metrics'), 404),
  ],
};
