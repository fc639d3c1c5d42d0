import { describe, expect, it } from 'vitest';
import { RefusalError, type RefusalKind } from '#libs/protocol';
import { refusalReply } from '../src/replies.js';

const reply = (kind: RefusalKind, message = 'example.com/m@v1.0.0: because') =>
  refusalReply(new RefusalError(kind, message), 'id-1', 60_000);

describe('a refusal', () => {
  it.each<[RefusalKind, number, string]>([
    ['not-found', 404, 'not found'],
    ['bad-request', 400, 'bad request'],
    ['unauthorized', 401, 'unauthorized'],
    ['forbidden', 403, 'forbidden'],
    ['method', 405, 'method not allowed'],
    ['limited', 429, 'too many requests'],
    ['busy', 503, 'unavailable'],
    ['upstream', 502, 'bad upstream'],
    ['timeout', 504, 'timed out'],
  ])('of kind %s is %d in one plain line', (kind, status, words) => {
    expect(reply(kind)).toMatchObject({
      status,
      body: `${words}: example.com/m@v1.0.0: because\n`,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
    });
  });

  it.each<[RefusalKind, string, RegExp]>([
    ['unauthorized', 'www-authenticate', /^Basic realm=/],
    ['method', 'allow', /^GET, HEAD$/],
    ['limited', 'retry-after', /^\d+$/],
    ['busy', 'retry-after', /^\d+$/],
  ])('of kind %s has %s', (kind, name, value) => {
    expect(reply(kind).headers).toMatchObject({ [name]: expect.stringMatching(value) as string });
  });

  it('may be kept by caches for its time if nothing was found, else not at all', () => {
    expect(reply('not-found').headers).toMatchObject({ 'cache-control': 'public, max-age=60' });
    const unkept = refusalReply(new RefusalError('not-found', 'x'), 'id-1', 0);
    expect(unkept.headers).toMatchObject({ 'cache-control': 'no-store' });
    for (const kind of ['forbidden', 'upstream', 'timeout', 'busy', 'internal'] as const) {
      expect(reply(kind).headers).toMatchObject({ 'cache-control': 'no-store' });
    }
  });

  it('that is our own fault says the request id and nothing else', () => {
    expect(reply('internal', 'ENOENT: /srv/stoa/secret')).toMatchObject({
      status: 500,
      body: 'internal error (request id-1)\n',
    });
  });

  it('is one printable line of at most 600 bytes whatever its message', () => {
    const { body } = reply('not-found', `a\r\nb\u001b[31m\u202e\u2028${'\u00e9'.repeat(900)}`);
    expect(body).toMatch(/^not found: a b \[31m é+\.\.\.\n$/);
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(600);
  });
});
