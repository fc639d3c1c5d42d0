import { expect, it } from 'vitest';
import { errorFields } from '../src/error-fields.js';

it('a log tells what an error is, its causes and code, and nothing that a library has put into it', () => {
  const cause = Object.assign(new TypeError('inner'), {
    command: { name: 'hello', args: ['AUTH', 'default', 'secret'] },
  });
  const error = Object.assign(new Error('outer', { cause }), { code: 'EPIPE', command: cause.command });
  expect(errorFields(error)).toEqual({
    type: 'Error',
    message: 'outer: inner',
    stack: expect.stringMatching(/Error: outer[^]*TypeError: inner/),
    code: 'EPIPE',
  });
  expect(JSON.stringify(errorFields(error))).not.toContain('secret');
  expect(errorFields('thrown')).toBe('thrown');
});
