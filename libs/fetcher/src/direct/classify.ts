import { isIP } from 'node:net';
import type { RefusalKind } from '#libs/protocol';
import { canonicalHost } from '../guard/host.js';
import { reasonFrom } from '../reason.js';

/** Why a go command failed: the kind, and a reason fit for the client. */
export interface Failure {
  readonly kind: RefusalKind;
  readonly reason: string;
}

interface Row {
  readonly text: RegExp;
  readonly kind: RefusalKind;
  /** In place of go's own words. */
  readonly reason?: string;
  /** Of go's own words only what matched. */
  readonly short?: true;
  /** Finds in go's own words the host that the reason is about. */
  readonly host?: RegExp;
}

const GONE_OR_PRIVATE = 'the repository does not exist, or access to it is refused';
const UNREACHABLE = 'the host can not be reached';

/**
 * The one table that reads the texts of the go command and of git under it (LC_ALL=C; go 1.19 to 1.27). The first row
 * that matches counts, and the order matters: go words every trouble as `unrecognized import path` or
 * `invalid version`, and what tells them apart comes later in the text.
 */
const ROWS: readonly Row[] = [
  // This worker.
  {
    text: /no space left on device|quota exceeded|read-only file system/i,
    kind: 'busy',
    reason: 'the worker has no room',
  },
  { text: /exec: "git": executable file not found/, kind: 'busy', reason: 'the worker has no git' },
  { text: /: ssh: (command )?not found$/m, kind: 'busy', reason: 'the worker has no ssh' },
  { text: /requires go >= \S+ \(running go [^)]*\)/, kind: 'busy', short: true },
  { text: /signal: (killed|terminated)/, kind: 'busy', reason: 'git was killed' },
  {
    text: /fork\/exec|cannot allocate memory|too many open files/i,
    kind: 'busy',
    reason: 'the worker has no memory or processes left',
  },
  { text: /: permission denied$/m, kind: 'internal' },
  // Go takes no file:// repository: this is a kept one that lost its remote, or a setting of ours.
  { text: /'origin' does not appear to be|transport 'file' not allowed|\.lock': File exists/, kind: 'internal' },
  { text: /: not a git repository|\.info exists with wrong content|: chdir .*: no such file/, kind: 'internal' },
  { text: /(malformed|empty|relative|unreachable) .*GOVCS/, kind: 'internal' },

  // Policy. The first are the forward proxy's words; git has its status alone.
  {
    text: /address not allowed|unable to access '[^']*': (CONNECT tunnel failed, response|Received HTTP code) 403\b/,
    kind: 'forbidden',
    reason: 'address not allowed',
    host: /\bhost ([\w-][\w.-]*): address not allowed|unable to access '\w+:\/\/(?:[^@/']*@)?([\w-][\w.-]*)/,
  },
  {
    text: /refusing to use HTTP_PROXY value in CGI environment/,
    kind: 'forbidden',
    reason: 'plain http is not allowed',
  },
  { text: /SECURITY ERROR|checksum mismatch/, kind: 'forbidden', reason: 'checksum mismatch' },
  { text: /GOVCS disallows using \S+ for (public|private) [^;\s]+/, kind: 'forbidden', short: true },
  { text: /transport '.*' not allowed/, kind: 'forbidden', reason: 'the protocol of the repository is not allowed' },

  // No such version, and none that will ever be: go's own words, after a look into the repository.
  { text: /unknown revision|no matching versions|invalid pseudo-version/, kind: 'not-found' },
  { text: /missing \S*go\.mod|must match major version|: go\.mod has |go\.mod is missing /, kind: 'not-found' },
  { text: /malformed module path|disallowed version string|invalid module version/, kind: 'not-found' },
  { text: /invalid \S+ import path|invalid version control suffix/, kind: 'not-found' },
  { text: /source tree too large|file name collision|create zip: (?!git )/, kind: 'not-found' },

  // The page that says where the repository is. A host that does not exist is an answer: no such module.
  // Git's words for it weigh as much: go asks for each prefix of a package, and an error at one would fail the whole.
  { text: /go-get=1": (dial tcp: lookup.*)?no such host|^\tno such host$/m, kind: 'not-found', reason: 'no such host' },
  {
    text: /unable to access '[^']*': (Could not resolve host|(CONNECT tunnel failed, response|Received HTTP code) 404\b)/,
    kind: 'not-found',
    reason: 'no such host',
  },
  { text: /go-get=1: (401|403|404|410) /, kind: 'not-found' },
  { text: /go-get=1: \d{3} /, kind: 'upstream' },

  // The network.
  {
    text: /timeout|timed out|deadline exceeded|too slow/i,
    kind: 'upstream',
    reason: 'the host does not answer in time',
  },
  {
    text: /x509|certificate|TLS|SSL|Unable to negotiate/,
    kind: 'upstream',
    reason: 'no secure connection to the host can be made',
  },
  {
    text: /Host key for \S+ has changed/,
    kind: 'upstream',
    reason: 'the ssh host key has changed',
    host: /Host key for \[?([\w-][\w.-]*)/,
  },
  {
    text: /Host key verification failed/,
    kind: 'upstream',
    reason: 'the ssh host key is not known',
    host: /host key is known for \[?([\w-][\w.-]*)/,
  },
  {
    text: /go-get=1": |tunnel failed|Could not resolve|Failed to connect|Couldn't connect/,
    kind: 'upstream',
    reason: UNREACHABLE,
  },
  {
    text: /connection (refused|reset|closed)|No route to host|Network is unreachable/i,
    kind: 'upstream',
    reason: UNREACHABLE,
  },
  {
    text: /returned error: (429|5\d\d)|RPC failed|early EOF|hung up unexpectedly|Broken pipe|closed by remote host/,
    kind: 'upstream',
    reason: 'the host failed',
  },

  // Who may not know whether a private repository exists is told that it does not.
  {
    text: /could not read (Username|Password)|Authentication failed|Permission denied/,
    kind: 'not-found',
    reason: GONE_OR_PRIVATE,
  },
  { text: /returned error: (401|403|404|410)|repository .*not found/i, kind: 'not-found', reason: GONE_OR_PRIVATE },
  { text: /Could not read from remote repository/, kind: 'not-found', reason: GONE_OR_PRIVATE },

  // Git failed in a way that no row above knows.
  { text: /git .*: exit status \d+/, kind: 'upstream' },

  { text: /invalid version|unrecognized import path/, kind: 'not-found' },
];

/**
 * Classifies what a go command said when it failed; a text that no row knows is a fault of the source. `subject` is
 * what was asked (`<module>@<version>`, or the module), as it will stand before the reason.
 */
export function classify(text: string, subject: string): Failure {
  const words = withoutNames(text, subject);
  const row = ROWS.find((candidate) => candidate.text.test(words));
  const own = row?.short ? reasonFrom(row.text.exec(text)?.[0] ?? '') : ownReason(row, text);
  return { kind: row?.kind ?? 'upstream', reason: own || tellingReason(text, subject) || 'the go command failed' };
}

function ownReason(row: Row | undefined, text: string): string | undefined {
  const [, ...found] = row?.host?.exec(text) ?? [];
  const host = canonicalHost(found.find((name) => name !== undefined) ?? '');
  return host === null || isIP(host) ? row?.reason : `host ${host}: ${row?.reason}`;
}

/** Takes names out of a text, for a module may be called `timeout` and live on a host called `TLS`. */
function withoutNames(text: string, subject: string): string {
  const module = moduleOf(subject);
  return text
    .replaceAll(/ in \/.*: exit status/g, ': exit status')
    .replaceAll(/\b[a-z+]+:\/\/[^\s"'?]*[^\s"'?:]/g, '<url>')
    .replaceAll(/import path "[^"]*"/g, 'import path')
    .replaceAll(subject, '<subject>')
    .replaceAll(module, '<module>')
    .replaceAll(/lookup \S+ on \S+:/g, 'lookup:');
}

/** Says in one line what go said in several. */
function tellingReason(text: string, subject: string): string {
  const lines = text.split('\n').filter((line) => line.trim() && !/^go: (downloading|finding|warning)/.test(line));
  // Behind `git ... in <folder>: exit status 128:` git's own words tell more than the command does.
  const git = lines.findLast((line) => /^\s+(fatal|ERROR|error): /.test(line));
  if (git && /: exit status \d+:$/.test(lines[0] ?? '')) return reasonFrom(`git: ${git.trim().replace(/^\w+: /, '')}`);

  let line = (lines[0] ?? '').replace(/^go: /, '');
  const module = moduleOf(subject);
  for (const prefix of [`module ${module}: `, `${subject}: `, `${module}: `]) {
    if (line.startsWith(prefix)) line = line.slice(prefix.length);
  }
  return reasonFrom(line);
}

/** The module of what was asked: `<module>@<version>`, or the module. */
export function moduleOf(subject: string): string {
  return subject.replace(/@.*$/s, '');
}
