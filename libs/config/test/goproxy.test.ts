import { describe, expect, it } from 'vitest';
import { checkGoproxy } from '../src/goproxy.js';

describe('GOPROXY', () => {
  it.each([
    '',
    'off',
    'direct',
    'https://a.example,direct',
    'https://a.example|https://b.example/path?x=1,direct',
    ' https://user:password@a.example , direct ',
    'a.example,b.example:8080/path',
    'file:///srv/modules',
    ',,direct',
    // What follows direct or off is never read.
    'direct,nonsense',
    'off,ftp://a.example',
  ])('%j is accepted unchanged', (text) => {
    expect(checkGoproxy(text)).toBe(text);
  });

  it.each([
    [',', 'has no entries'],
    ['  ', 'has no entries'],
    ['none', '(entry 1)'],
    ['https://a.example,ftp://b.example', '(entry 2)'],
    ['/srv/modules', '(entry 1)'],
    ['https:/a.example', '(entry 1)'],
    ['https://', '(entry 1)'],
    ['https://a.example:port', '(entry 1)'],
    ['file://host/srv', 'has a file URL that is more than file:///path (entry 1)'],
    ['file:///srv?x', 'has a file URL that is more than file:///path (entry 1)'],
  ])('%j is refused', (text, message) => {
    expect(() => checkGoproxy(text)).toThrow(message);
  });
});
