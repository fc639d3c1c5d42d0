import { describe, expect, it } from 'vitest';
import { classify } from '../../src/direct/classify.js';
import { git, M, V } from './failure.js';
import { FAILURES } from './failures.js';
import { FAILURES_HERE } from './failures-here.js';
import { FAILURES_OF_HOSTS } from './failures-of-hosts.js';

describe('classify', () => {
  it.each([...FAILURES, ...FAILURES_OF_HOSTS, ...FAILURES_HERE])('%j is %s: %s', (text, kind, reason) => {
    expect(classify(text, V)).toEqual({ kind, reason });
  });

  it('skips what go says on its way', () => {
    expect(classify(`go: downloading ${M} v1.0.0\ngo: ${V}: invalid version: unknown revision v1.0.0`, V).reason).toBe(
      'invalid version: unknown revision v1.0.0',
    );
  });

  it('is not led astray by names', () => {
    const subject = 'TLS.example.com/timeout/early EOF@SSL';
    expect(classify(`go: ${subject}: invalid version: unknown revision SSL`, subject).kind).toBe('not-found');
    const denied = git(
      'ls-remote -q https://example.com/timeout',
      "fatal: could not read Username for 'https://TLS.example.com'",
    );
    expect(classify(denied, 'TLS.example.com/timeout@v1.0.0').kind).toBe('not-found');
  });

  it('repeats neither credentials nor addresses nor local paths', () => {
    const texts = [
      git(
        'fetch https://user:secret@example.com/m',
        'fatal: unexpected thing at https://user:secret@10.1.2.3/x in /srv/stoa/go',
      ),
      `go: open /srv/stoa/go/mod/cache/lock: strange, see https://user:secret@example.com and 10.1.2.3:443`,
    ];
    for (const text of texts) expect(classify(text, V).reason).not.toMatch(/secret|10\.1\.2\.3|srv/);
  });
});
