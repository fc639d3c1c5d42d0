import { describe, expect, it } from 'vitest';
import { classify, failureText } from '../../src/direct/classify.js';
import { withoutSecrets } from '../../src/direct/secrets.js';
import { git, M, page, V } from './failure.js';
import { FAILURES } from './failures.js';
import { FAILURES_HERE } from './failures-here.js';
import { FAILURES_OF_HOSTS } from './failures-of-hosts.js';

/** The failure of a path for which go tries protocols, of which git says this (`-v`). */
const allFailed = (...tries: string[]): unknown =>
  classify(
    ['no secure protocol found for repository', ...tries.map((said) => `# cd /srv; git ls-remote x\n${said}`)].join(
      '\n',
    ),
    V,
  );

describe('classify', () => {
  it.each([...FAILURES, ...FAILURES_OF_HOSTS, ...FAILURES_HERE])('%j is %s: %s', (text, kind, reason) => {
    expect(classify(text, V)).toMatchObject({ kind, reason });
  });

  it.each([
    ['worker', git('fetch -f origin', 'fatal: write error: No space left on device')],
    ['worker', git('fetch -f origin', "error: cannot open '/srv/stoa/vcs/0a/FETCH_HEAD': Permission denied")],
    ['credentials', git('ls-remote -q origin', 'git@example.com: Permission denied (publickey).\r')],
    ['credentials', git('ls-remote -q origin', 'Host key verification failed.\r')],
    ['host', git('ls-remote -q origin', "fatal: Authentication failed for 'https://example.com/m/'")],
    ['policy', page(`https fetch: Get "https://${M}?go-get=1": address not allowed`)],
    ['version', `go: ${V}: invalid version: unknown revision v1.0.0`],
    ['host', page(`reading https://${M}?go-get=1: 404 Not Found`)],
    ['host', git('ls-remote -q origin', 'ssh: connect to host example.com port 22: Connection refused')],
    ['host', git('ls-remote -q origin', 'ERROR: no such project', 'fatal: Could not read from remote repository.')],
    ['unknown', git('fetch -f origin', 'error: RPC failed; curl 23', 'fatal: early EOF')],
    ['unknown', git('fetch -f origin', 'fatal: bad object 0a1b2c')],
    ['unknown', ''],
  ])('says that it is for the %s to answer for %j', (cause, text) => {
    expect(classify(text, V).cause).toBe(cause);
  });

  it('says of a path for which all protocols failed what the host says, or else how the first one failed', () => {
    const [forbidden, refused, absent, unknown, away] = [
      "fatal: transport 'git' not allowed\n",
      "fatal: unable to access 'https://example.com/m/': Failed to connect to example.com port 443: refused\n",
      'ERROR: no such project\nfatal: Could not read from remote repository.\n',
      'Host key verification failed.\r\nfatal: Could not read from remote repository.\n',
      "fatal: unable to access 'https://example.com/m/': The requested URL returned error: 404\n",
    ];
    expect(allFailed(forbidden, refused, absent)).toMatchObject({ kind: 'not-found' });
    expect(allFailed(away, unknown)).toMatchObject({ kind: 'not-found' });
    expect(allFailed(forbidden, refused, unknown)).toMatchObject({ reason: 'the host can not be reached' });
    expect(allFailed()).toMatchObject({
      kind: 'not-found',
      reason: expect.stringMatching(/^no repository can be read/),
    });
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

  // A limit, for what is read in no time here took minutes.
  describe('what a hostile host has said', { timeout: 10_000 }, () => {
    it.each(['\n', '\r', ' in /', 'a+', 'git archive ', 'empty ', 'a-', '@', "transport '", 'repository ', ': chdir '])(
      'a megabyte of %j, is not looked at where it is longer than what go and git say',
      (unit) => {
        const said = unit.repeat((1 << 20) / unit.length);
        for (const words of [said, said.replaceAll(/.{1900}/gs, '$&\n')]) {
          const text = failureText(git('fetch -f origin', `remote: ${words}`, 'fatal: early EOF'), '');
          expect(text.length).toBeLessThanOrEqual(8_000);
          expect(classify(withoutSecrets(text, []), V)).toMatchObject({ kind: 'upstream', reason: 'the host failed' });
        }
      },
    );
  });

  it('looks at all that go and git say of a failure', () => {
    const text = git('ls-remote -q origin', `remote: ${'x'.repeat(1_900)}`, 'fatal: Authentication failed');
    expect([failureText(text, 'other'), failureText(undefined, text)]).toEqual([text, text]);
  });
});
