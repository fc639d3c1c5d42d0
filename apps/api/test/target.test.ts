import { expect, it } from 'vitest';
import { pathOf, targetPath } from '../src/target.js';

it.each([
  ['/a/@v/list', '/a/@v/list'],
  ['/a/@v/list?token=secret', '/a/@v/list'],
  ['http://user:secret@proxy.example/a/@v/list?token=secret', '/a/@v/list'],
  ['HTTPS://user:secret@proxy.example:8443?token=secret', '/'],
  ['http://proxy.example', '/'],
  ['?token=secret', '/'],
  ['*', '*'],
])('of %j the path alone is told', (target, path) => {
  expect(pathOf(target)).toBe(path);
});

it('what is not below the base path has no path', () => {
  expect(targetPath('http://proxy.example/go/a/@v/list?x', '/go')).toBe('/a/@v/list');
  expect(['/gopher/a', '/go', '/'].map((target) => targetPath(target, '/go'))).toEqual([null, null, null]);
});
