import { describe, expect, it } from 'vitest';
import { Conditions, select } from '../src/conditions.js';

const MODIFIED = 'Tue, 02 Jan 2024 03:04:05 GMT';
const EARLIER = 'Tue, 02 Jan 2024 03:04:04 GMT';
const stat = { size: 100, modified: new Date(Date.parse(MODIFIED) + 678), etag: 'e' };
const get = (headers: Record<string, string>, size = stat.size) => select('GET', headers, { ...stat, size });
const choice = (method: string, headers: Record<string, string>) => new Conditions(method, headers).choose?.(stat);

describe('a range', () => {
  it.each([
    ['bytes=0-4', 0, 4],
    ['bytes=95-', 95, 99],
    ['bytes=-3', 97, 99],
    ['bytes=-200', 0, 99],
    ['bytes=0-99999999999999999999999', 0, 99],
    ['bytes=,4-4, ', 4, 4],
    ['Bytes=4-4', 4, 4],
  ])('%s is %d to %d of 100 bytes', (range, start, end) => {
    expect(get({ range })).toEqual({ status: 206, range: { start, end } });
  });

  it.each(['bytes=100-', 'bytes=100-200', 'bytes=-0', `bytes=${'9'.repeat(400)}-`])('%s can not be given', (range) => {
    expect(get({ range })).toEqual({ status: 416 });
  });

  it.each([
    'bytes=',
    'bytes=-',
    'bytes=5-4',
    'bytes=a-b',
    'bytes=1',
    'bytes=0x1-2',
    'bytes=0-1,3-4',
    'items=0-4',
    '0-4',
    'bytes =0-4',
  ])('%s is ignored', (range) => {
    expect(get({ range })).toEqual({ status: 200 });
  });

  it('of an empty file is ignored', () => {
    for (const range of ['bytes=0-', 'bytes=-5', 'bytes=3-4']) expect(get({ range }, 0)).toEqual({ status: 200 });
  });

  it('does not concern HEAD', () => {
    expect(select('HEAD', { range: 'bytes=0-4' }, stat)).toEqual({ status: 200 });
  });

  it.each([
    ['"e"', 206],
    [MODIFIED, 206],
    ['"other"', 200],
    ['W/"e"', 200],
    [EARLIER, 200],
    ['Wed, 03 Jan 2024 03:04:05 GMT', 200],
    ['yesterday', 200],
  ])('with If-Range: %s is %d', (condition, status) => {
    expect(get({ range: 'bytes=0-4', 'if-range': condition }).status).toBe(status);
  });
});

describe('conditions', () => {
  it.each<[Record<string, string>, number]>([
    [{ 'if-none-match': '"e"' }, 304],
    [{ 'if-none-match': 'W/"e"' }, 304],
    [{ 'if-none-match': '*' }, 304],
    [{ 'if-none-match': '"a,b", W/"e"' }, 304],
    [{ 'if-none-match': '"other"' }, 200],
    [{ 'if-none-match': 'e' }, 200],
    [{ 'if-modified-since': MODIFIED }, 304],
    [{ 'if-modified-since': 'Tuesday, 02-Jan-24 03:04:05 GMT' }, 304],
    [{ 'if-modified-since': 'Tue Jan  2 03:04:05 2024' }, 304],
    [{ 'if-modified-since': EARLIER }, 200],
    [{ 'if-modified-since': '2030' }, 200],
    [{ 'if-none-match': '"other"', 'if-modified-since': MODIFIED }, 200],
    [{ 'if-match': '"e"' }, 200],
    [{ 'if-match': '*' }, 200],
    [{ 'if-match': 'W/"e"' }, 412],
    [{ 'if-match': '"a", "b"' }, 412],
    [{ 'if-unmodified-since': MODIFIED }, 200],
    [{ 'if-unmodified-since': EARLIER }, 412],
    [{ 'if-unmodified-since': 'never' }, 200],
    [{ 'if-match': '"e"', 'if-unmodified-since': EARLIER }, 200],
    [{ 'if-match': '"other"', 'if-none-match': '"e"' }, 412],
    [{ 'if-none-match': '"e"', range: 'bytes=0-4' }, 304],
  ])('%j is %d', (headers, status) => {
    expect(get(headers).status).toBe(status);
  });
});

describe('the part that storage is asked for', () => {
  it('is not chosen for a plain GET, which one read answers', () => {
    expect(choice('GET', { accept: '*/*' })).toBeUndefined();
  });

  it.each<[string, Record<string, string>, unknown]>([
    ['HEAD', {}, 'nothing'],
    ['GET', { 'if-none-match': '"e"' }, 'nothing'],
    ['GET', { 'if-match': '"other"' }, 'nothing'],
    ['GET', { range: 'bytes=100-' }, 'nothing'],
    ['GET', { 'if-none-match': '"other"' }, 'all'],
    ['GET', { range: 'bytes=1-2' }, { start: 1, end: 2 }],
  ])('of %s %j is %j', (method, headers, part) => {
    expect(choice(method, headers)).toEqual(part);
  });
});
