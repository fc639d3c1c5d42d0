import { get, rawRow, row, type Expected, type Room } from '../row.js';

const LIST = 'GET <base>/<module>/@v/list HTTP/1.1\r\nHost: <host>\r\n';
const MOD = '<base>/<module>/@v/<version>.mod';
const CLOSE = 'Connection: close\r\n\r\n';
const UNKNOWN = '<base>/Unknown/@v/list';

const notAllowed: Expected = { status: 405, headers: { allow: 'GET, HEAD' } };
const bad = (rule: string, text: string) => rawRow(rule, text, { status: 400, headers: { connection: 'close' } });
const lines = (...more: string[]) => `GET ${UNKNOWN} HTTP/1.1\r\n${more.join('\r\n')}\r\n\r\n`;

/** Methods (section 2.3). */
export const methods: Room = {
  title: '2.3 methods',
  needs: 'nothing',
  quiet: true,
  rows: [
    ...['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY', 'LINK'].map((method) =>
      row(`${method} is 405`, { method, target: '/example.com/x/@v/list', headers: {} }, 405, notAllowed),
    ),
    row('POST to no module is 405', { method: 'POST', target: '/nowhere', headers: {} }, 405, notAllowed),
    row('POST to an undecodable path is 405', { method: 'POST', target: '/%zz', headers: {} }, 405, notAllowed),
    row('POST to the home page is 405', { method: 'POST', target: '/', headers: {} }, 405, notAllowed),
    row('POST to a probe is 405', { method: 'POST', target: '/healthz', headers: {} }, 405, notAllowed),
    rawRow(
      'POST with a body is 405',
      `POST <base>/x HTTP/1.1\r\nHost: <host>\r\nContent-Type: application/x\r\nContent-Length: 5\r\n${CLOSE}hello`,
      notAllowed,
    ),
    rawRow(
      'a body that waits for a word to go on gets 405 and no such word',
      `POST <base>/x HTTP/1.1\r\nHost: <host>\r\nExpect: 100-continue\r\nContent-Length: 9\r\n${CLOSE}`,
      notAllowed,
    ),
    rawRow('OPTIONS * is 405', `OPTIONS * HTTP/1.1\r\nHost: <host>\r\n${CLOSE}`, notAllowed),
    rawRow('CONNECT is 405', 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n', notAllowed),
  ],
};

/** Forms of a request that HTTP allows, though go does not use them (section 2.5). */
export const requests: Room = {
  title: '2.5 forms of a request',
  needs: 'module',
  rows: [
    row('a query is ignored', get('/<module>/@v/<version>.mod?token=abc&x=%zz'), 200, { body: (whole) => whole }),
    row('an empty query is ignored', get('/<module>/@v/list?'), 200),
    row('a query that looks like a path is ignored', get('/<module>/@v/list?/../@v/x.zip'), 200),
    row('an absolute-form target', get(`http://<host>${MOD}`), 200, { body: /^module / }),
    row('an absolute-form target in upper case', get(`HTTP://<host>${MOD}`), 200, { body: /^module / }),
    row('an absolute-form target of https', get(`https://<host>${MOD}?x`), 200, { body: /^module / }),
    rawRow('HTTP/1.0 without Host', `GET ${MOD} HTTP/1.0\r\n\r\n`, {
      status: 200,
      headers: { connection: 'close' },
      body: /^module /,
    }),
    rawRow('names of headers in any case', `GET ${MOD} HTTP/1.1\r\nhOsT: <host>\r\nconnection: CLOSE\r\n\r\n`, {
      status: 200,
    }),
    rawRow('blank lines before a request', `\r\n\r\n${LIST}${CLOSE}`, { status: 200 }),
    rawRow('an expectation that nobody knows', `${LIST}Expect: a-miracle\r\n${CLOSE}`, { status: 200 }),
    rawRow('an upgrade that is not offered', `${LIST}Upgrade: h2c\r\n${CLOSE}`, { status: 200 }),
    rawRow(
      'pipelined requests are answered in their order',
      `HEAD ${MOD} HTTP/1.1\r\nHost: <host>\r\n\r\n${LIST}\r\nGET ${MOD} HTTP/1.1\r\nHost: <host>\r\n${CLOSE}`,
      { method: 'HEAD', status: 200 },
      { status: 200, body: /^v/ },
      { status: 200, body: /^module /, headers: { connection: 'close' } },
    ),
    rawRow(
      'the body of a GET is read over',
      `GET ${MOD} HTTP/1.1\r\nHost: <host>\r\nContent-Length: 5\r\n\r\nhello${LIST}${CLOSE}`,
      { status: 200, body: /^module / },
      { status: 200, body: /^v/ },
    ),
    rawRow(
      'a chunked body of a GET is read over',
      `GET ${MOD} HTTP/1.1\r\nHost: <host>\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n${LIST}${CLOSE}`,
      { status: 200, body: /^module / },
      { status: 200, body: /^v/ },
    ),
    rawRow(
      'what comes before malformed HTTP is answered first',
      `GET ${MOD} HTTP/1.1\r\nHost: <host>\r\n\r\n${LIST}\r\nnonsense\r\n\r\n`,
      { status: 200, body: /^module / },
      { status: 200, body: /^v/ },
      { status: 400 },
    ),
    rawRow(
      'a refusal keeps the connection',
      `GET ${UNKNOWN} HTTP/1.1\r\nHost: <host>\r\n\r\nPOST /x HTTP/1.1\r\nHost: <host>\r\n\r\n${LIST}${CLOSE}`,
      { status: 404 },
      { status: 405, method: 'POST' },
      { status: 200 },
    ),
  ],
};

/** What the HTTP parser refuses, and what it should (section 2.3). */
export const malformed: Room = {
  title: '2.3 malformed HTTP',
  needs: 'nothing',
  quiet: true,
  rows: [
    bad('no HTTP at all', 'nonsense\r\n\r\n'),
    bad('a TLS greeting', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'),
    bad('the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    bad('a method that nobody knows', `FROB ${UNKNOWN} HTTP/1.1\r\nHost: <host>\r\n\r\n`),
    bad('a method in lower case', `get ${UNKNOWN} HTTP/1.1\r\nHost: <host>\r\n\r\n`),
    bad('no version', `GET ${UNKNOWN}\r\n\r\n`),
    bad('a version that is none', `GET ${UNKNOWN} HTTP/one\r\nHost: <host>\r\n\r\n`),
    bad('a version to come', `GET ${UNKNOWN} HTTP/3.0\r\nHost: <host>\r\n\r\n`),
    bad('a space in the target', `GET <base>/a b/@v/list HTTP/1.1\r\nHost: <host>\r\n\r\n`),
    bad('a raw NUL in the target', `GET <base>/a\0b/@v/list HTTP/1.1\r\nHost: <host>\r\n\r\n`),
    bad('a target without a slash', `GET example.com/x/@v/list HTTP/1.1\r\nHost: <host>\r\n\r\n`),
    bad('a header without a colon', lines('Host: <host>', 'nonsense')),
    bad('a space before the colon', lines('Host : <host>')),
    bad('a control character in a header', lines('Host: <host>', 'X: a\x01b')),
    bad('a raw NUL in a header', lines('Host: <host>', 'X: a\0b')),
    bad('a length that is none', lines('Host: <host>', 'Content-Length: five')),
    bad('two lengths', lines('Host: <host>', 'Content-Length: 5', 'Content-Length: 6')),
    bad('a length and chunks', lines('Host: <host>', 'Content-Length: 5', 'Transfer-Encoding: chunked')),
    rawRow('no Host', lines('Connection: close'), { status: 400 }),
    rawRow('two Hosts', lines('Host: a', 'Host: b', 'Connection: close'), { status: 400 }),
    rawRow('a Host that is a path', lines('Host: a/b', 'Connection: close'), { status: 400 }),
    rawRow('a Host with a user', lines('Host: user@a', 'Connection: close'), { status: 400 }),
    ...[
      ['one long header', `X: ${'x'.repeat(20_000)}`],
      ['many headers', Array.from({ length: 3000 }, (_, index) => `X-${index}: y`).join('\r\n')],
      ['a megabyte of headers', `X: ${'x'.repeat(1_000_000)}`],
    ].map(([rule = '', header = '']) =>
      rawRow(`${rule} is 431`, lines('Host: <host>', header), { status: 431, headers: { connection: 'close' } }),
    ),
    rawRow('a target of 20 kB is 431', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: <host>\r\n\r\n`, { status: 431 }),
  ],
};
