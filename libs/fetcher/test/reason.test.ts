import { describe, expect, test } from 'vitest';
import { reasonFrom } from '../src/reason.js';

describe('what a source says', () => {
  test.each([
    ['unknown revision v1.0.0', 'unknown revision v1.0.0'],
    ['\r\n \n first \t line\nsecond', 'first line'],
    ['a\u0000b\u202Ec\u2028d\uFFFDe', 'a b c d e'],
    ['reading https://user:secret@proxy.corp/x?y: 404 Not Found', 'reading <url>: 404 Not Found'],
    ['auth user:secret@host/x failed', 'auth <url> failed'],
    ['git@host.corp:team/repo.git denied', '<url> denied'],
    ['dial tcp 10.0.0.5:443: refused', 'dial tcp <address>: refused'],
    ['lookup x on 10.1.2.3:53: no such host', 'lookup x on <address>: no such host'],
    ['dial tcp [fe80::1%eth0]:80: refused', 'dial tcp <address>: refused'],
    ['at ::1 and fe80::1:2 and 2001:db8:0:0:0:0:0:1', 'at <address> and <address> and <address>'],
    ['via localhost:8080', 'via <address>'],
    ['git ls-remote in /srv/go/pkg/mod/cache/vcs/0a1b: exit status 128', 'git ls-remote in <path>: exit status 128'],
    ['open "/home/go/x.mod": denied', 'open "<path>": denied'],
    ['open C:\\Users\\go\\x', 'open <path>'],
    ['', ''],
  ])('%j becomes %j', (text, reason) => {
    expect(reasonFrom(text)).toBe(reason);
  });

  test.each([
    [
      'example.com/m/v2@v2.0.0: invalid version: go.mod has non-.../v2 module path "example.com/m" (and .../v2/go.mod does not exist) at revision v2.0.0',
    ],
    ['github.com/!azure/x@v1.0.0: should be v0 or v1, not v2'],
    ['module declares its path as: "golang.org/x/text/v3"'],
    ['does not match version-control timestamp (expected 2024-01-02T03:04:05Z)'],
    ['must match major version ("/v2")'],
    ['go.mod:12: unknown directive: toolchain'],
    ['v1.2.3-rc.1.0.2: not found'],
  ])('%j stays', (text) => {
    expect(reasonFrom(text)).toBe(text);
  });

  test('is cut', () => {
    expect(reasonFrom('x'.repeat(5000))).toBe(`${'x'.repeat(297)}...`);
  });

  // A pattern that is not linear would hold the test up.
  test.each([':', '@:', '/a', '[:', 'a.', 'f:', '1.1.', 'a:b@'])('may repeat %j without end', (part) => {
    expect(reasonFrom(part.repeat(100_000)).length).toBeLessThanOrEqual(300);
  });
});
