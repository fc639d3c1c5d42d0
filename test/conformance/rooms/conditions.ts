import { get, head, row, type Room, type Row } from '../row.js';

const ZIP = '/<module>/@v/<version>.zip';
const FUTURE = 'Fri, 31 Dec 2100 23:59:59 GMT';
const PAST = 'Sun, 06 Nov 1994 08:49:37 GMT';

/** A part of the zip, from `start` to the byte before `end`, as Array.slice counts. */
const part = (rule: string, range: string, start: number, end?: number): Row =>
  row(rule, get(ZIP, { Range: range }), 206, {
    headers: { 'content-range': /^bytes \d+-\d+\/\d+$/, etag: '<etag>', 'content-type': 'application/zip' },
    body: (whole) => whole.subarray(start, end),
  });

const whole = (rule: string, headers: Record<string, string>, target = ZIP): Row =>
  row(rule, get(target, headers), 200, { headers: { 'content-range': null, etag: '<etag>' }, body: (bytes) => bytes });

const unchanged = (rule: string, headers: Record<string, string>, target = ZIP): Row =>
  row(rule, get(target, headers), 304, {
    headers: { etag: '<etag>', 'cache-control': /max-age=/, 'content-range': null },
  });

const unsatisfiable = (rule: string, range: string): Row =>
  row(rule, get(ZIP, { Range: range }), 416, { headers: { 'content-range': 'bytes */<size>' } });

/** Ranges and conditions (RFC 9110, sections 13 and 14): section 2.5. */
export const conditions: Room = {
  title: '2.5 ranges and conditions',
  needs: 'module',
  rows: [
    part('a range of bytes', 'bytes=2-5', 2, 6),
    part('a range of one byte', 'bytes=0-0', 0, 1),
    part('an open range', 'bytes=10-', 10),
    part('a suffix', 'bytes=-7', -7),
    part('a suffix longer than the file is the file', 'bytes=-999999999', 0),
    part('an end beyond the file is the last byte', 'bytes=4-999999999', 4),
    part('the unit in any case', 'BYTES=2-5', 2, 6),
    part('empty members of the list do not count', 'bytes=,2-5, ', 2, 6),
    unsatisfiable('a start beyond the file is 416', 'bytes=999999999-'),
    unsatisfiable('a suffix of no bytes is 416', 'bytes=-0'),
    unsatisfiable('a start that is no machine number is 416', `bytes=${'9'.repeat(40)}-`),
    whole('several ranges are answered by the whole', { Range: 'bytes=0-1,4-5' }),
    whole('several Range lines are answered by the whole', { Range: 'bytes=0-1', range: 'bytes=4-5' }),
    whole('a range that ends before it starts is ignored', { Range: 'bytes=5-2' }),
    whole('a range without numbers is ignored', { Range: 'bytes=-' }),
    whole('a range of letters is ignored', { Range: 'bytes=a-b' }),
    whole('a range of another unit is ignored', { Range: 'lines=1-2' }),
    whole('a negative number is ignored', { Range: 'bytes=--5' }),
    row('HEAD ignores a range', head(ZIP, { Range: 'bytes=2-5' }), 200, { headers: { 'content-length': '<size>' } }),
    row('a range of a .mod', get('/<module>/@v/<version>.mod', { Range: 'bytes=0-6' }), 206, { body: 'module ' }),
    row('a range of a list', get('/<module>/@v/list', { Range: 'bytes=0-0' }), 206, { body: 'v' }),
    row('If-Range with the ETag', get(ZIP, { Range: 'bytes=2-5', 'If-Range': '<etag>' }), 206),
    row('If-Range with the date', get(ZIP, { Range: 'bytes=2-5', 'If-Range': '<modified>' }), 206),
    whole('If-Range with another ETag is the whole', { Range: 'bytes=2-5', 'If-Range': '"other"' }),
    whole('If-Range with a weak ETag is the whole', { Range: 'bytes=2-5', 'If-Range': 'W/<etag>' }),
    whole('If-Range with a later date is the whole', { Range: 'bytes=2-5', 'If-Range': FUTURE }),
    whole('If-Range without Range means nothing', { 'If-Range': '"other"' }),
    unchanged('If-None-Match with the ETag', { 'If-None-Match': '<etag>' }),
    unchanged('If-None-Match: *', { 'If-None-Match': '*' }),
    unchanged('If-None-Match compares weakly', { 'If-None-Match': 'W/<etag>' }),
    unchanged('If-None-Match with a list', { 'If-None-Match': '"a", "b,c",<etag>' }),
    unchanged('If-None-Match of a .mod', { 'If-None-Match': '<etag>' }, '/<module>/@v/<version>.mod'),
    unchanged('If-None-Match of an .info', { 'If-None-Match': '<etag>' }, '/<module>/@v/<version>.info'),
    unchanged('If-None-Match of a list', { 'If-None-Match': '<etag>' }, '/<module>/@v/list'),
    unchanged('If-None-Match of @latest', { 'If-None-Match': '<etag>' }, '/<module>/@latest'),
    whole('If-None-Match with another ETag', { 'If-None-Match': '"other"' }),
    whole('If-None-Match with what is no ETag', { 'If-None-Match': 'other' }),
    row('HEAD with If-None-Match', head(ZIP, { 'If-None-Match': '<etag>' }), 304, { headers: { etag: '<etag>' } }),
    unchanged('If-Modified-Since with the date', { 'If-Modified-Since': '<modified>' }),
    unchanged('If-Modified-Since with a later date', { 'If-Modified-Since': FUTURE }),
    unchanged('If-Modified-Since in an obsolete form', { 'If-Modified-Since': 'Fri Dec 31 23:59:59 2100' }),
    whole('If-Modified-Since with an earlier date', { 'If-Modified-Since': PAST }),
    whole('If-Modified-Since with what is no date', { 'If-Modified-Since': '2100' }),
    whole('If-None-Match goes before If-Modified-Since', { 'If-None-Match': '"other"', 'If-Modified-Since': FUTURE }),
    unchanged('If-None-Match goes before Range', { 'If-None-Match': '<etag>', Range: 'bytes=2-5' }),
    row('If-Match with the ETag', get(ZIP, { 'If-Match': '"a", <etag>' }), 200),
    row('If-Match: *', get(ZIP, { 'If-Match': '*' }), 200),
    row('If-Match with another ETag is 412', get(ZIP, { 'If-Match': '"other"' }), 412),
    row('If-Match goes before If-None-Match', get(ZIP, { 'If-Match': '"other"', 'If-None-Match': '<etag>' }), 412),
    row('If-Unmodified-Since with the date', get(ZIP, { 'If-Unmodified-Since': '<modified>' }), 200),
    row('If-Unmodified-Since with an earlier date is 412', get(ZIP, { 'If-Unmodified-Since': PAST }), 412),
    row('If-Match goes before If-Unmodified-Since', get(ZIP, { 'If-Match': '*', 'If-Unmodified-Since': PAST }), 200),
  ],
};
