import type { RefusalKind } from '#libs/protocol';
import { reasonFrom } from '../reason.js';

/** Why a go command failed: the kind, and a reason fit for the client. */
export interface Failure {
  readonly kind: RefusalKind;
  readonly reason: string;
}

interface Row {
  readonly text: RegExp;
  readonly kind: RefusalKind;
  /** In place of go's own words: a text, or the part of them that matched. */
  readonly reason?: string | 'match';
}

const GONE_OR_PRIVATE = 'the repository does not exist, or access to it is refused';
const UNREACHABLE = 'the version control host can not be reached';

/**
 * The one table that reads the texts of the go command and of git under it (LC_ALL=C; seen with go 1.19 to 1.27).
 * The first row that matches counts, so the order matters: go words every trouble as `unrecognized import path` or
 * `invalid version`, and what tells them apart comes later in the text.
 */
const ROWS: readonly Row[] = [
  // This worker.
  { text: /no space left on device|disk quota exceeded|read-only file system/i, kind: 'busy', reason: 'the worker has no room for module files' },
  { text: /exec: "git": executable file not found/, kind: 'busy', reason: 'the worker has no git' },
  { text: /requires go >= \S+ \(running go [^;)]+/, kind: 'busy', reason: 'match' },
  { text: /signal: (killed|terminated)|fork\/exec|cannot allocate memory|too many open files|: permission denied$/m, kind: 'internal' },
  { text: /(malformed|empty|relative|unreachable) .*GOVCS/, kind: 'internal' },

  // Policy.
  { text: /SECURITY ERROR|checksum mismatch/, kind: 'forbidden', reason: 'checksum mismatch' },
  { text: /GOVCS disallows using \S+ for (public|private) [^;\s]+/, kind: 'forbidden', reason: 'match' },
  { text: /transport '.*' not allowed/, kind: 'forbidden', reason: 'the protocol of the repository is not allowed' },

  // The content of the version: it will never be better.
  { text: /module source tree too large|file name collision|create zip: (?!git )/, kind: 'not-found' },

  // The network. A name that does not exist is an answer: no such module.
  { text: /proxyconnect|CONNECT tunnel failed|Proxy CONNECT aborted/, kind: 'upstream', reason: UNREACHABLE },
  { text: /go-get=1": dial tcp: lookup \S+.*: no such host/, kind: 'not-found', reason: 'unrecognized import path: no such host' },
  { text: /go-get=1: (401|403|404|410) [\w ]+/, kind: 'not-found' },
  { text: /go-get=1: \d{3} /, kind: 'upstream' },
  { text: /timeout|timed out|deadline exceeded|too slow|Operation too slow/i, kind: 'upstream', reason: 'the version control host does not answer in time' },
  { text: /x509|certificate|TLS|SSL/, kind: 'upstream', reason: 'the connection to the version control host is not secure' },
  { text: /Host key verification failed/, kind: 'upstream', reason: 'the ssh host key is not known' },
  { text: /dial tcp|no such host|Could not resolve|Failed to connect|Couldn't connect|Connection (refused|reset|closed)|connection (refused|reset)|No route to host|Network is unreachable|server misbehaving|Method Not Allowed|: EOF$/m, kind: 'upstream', reason: UNREACHABLE },
  { text: /returned error: (429|5\d\d)|RPC failed|early EOF|hung up unexpectedly|unexpected disconnect/, kind: 'upstream', reason: 'the version control host failed' },

  // Who may not know whether a private repository exists is told that it does not.
  { text: /could not read (Username|Password)|terminal prompts disabled|Authentication failed|Permission denied/, kind: 'not-found', reason: GONE_OR_PRIVATE },
  { text: /returned error: (401|403|404|410)|[Rr]epository\b.* not found|does not appear to be a git repository/, kind: 'not-found', reason: GONE_OR_PRIVATE },
  { text: /Could not read from remote repository/, kind: 'not-found', reason: GONE_OR_PRIVATE },

  // Git failed in a way that no row above knows.
  { text: /git .*: exit status \d+/, kind: 'upstream' },

  // No such thing, in go's own words.
  { text: /invalid version|invalid pseudo-version|unknown revision|no matching versions|unrecognized import path/, kind: 'not-found' },
  { text: /malformed module path|disallowed version string|invalid module version|missing \S*go\.mod|module path must match major version|go\.mod has /, kind: 'not-found' },
];

/**
 * Classifies what a go command said when it failed. A text that no row knows is a fault of the source. `subject` is
 * what was asked, as it will stand before the reason, so that go's repetition of it is dropped.
 */
export function classify(text: string, subject: string): Failure {
  for (const row of ROWS) {
    const match = row.text.exec(text);
    if (!match) continue;
    if (row.reason === undefined) return { kind: row.kind, reason: tellingReason(text, subject) };
    return { kind: row.kind, reason: row.reason === 'match' ? reasonFrom(match[0]) : row.reason };
  }
  return { kind: 'upstream', reason: tellingReason(text, subject) || 'the go command failed' };
}

/** Says in one line what go said in several. */
function tellingReason(text: string, subject: string): string {
  const lines = text.split('\n').filter((line) => line.trim() && !/^go: (downloading|finding|warning)/.test(line));
  // Behind `git ... in <folder>: exit status 128:` git's own words tell more than the command does.
  const git = lines.findLast((line) => /^\s+(fatal|ERROR|error): /.test(line));
  if (git && /: exit status \d+:$/.test(lines[0] ?? '')) return reasonFrom(`git: ${git.trim().replace(/^\w+: /, '')}`);

  let line = (lines[0] ?? '').replace(/^go: /, '');
  const module = subject.replace(/@.*$/s, '');
  for (const prefix of [`module ${module}: `, `${subject}: `, `${module}: `]) {
    if (line.startsWith(prefix)) line = line.slice(prefix.length);
  }
  return reasonFrom(line);
}
