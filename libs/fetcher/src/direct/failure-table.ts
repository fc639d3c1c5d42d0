import type { RefusalKind } from '#libs/protocol';

/**
 * Who is to answer for a failure: this worker, what it was given for ssh, a rule, the version that was asked for, the
 * host or the way to it. Unknown: git failed in its own words.
 */
export type Cause = 'worker' | 'credentials' | 'policy' | 'version' | 'host' | 'unknown';

/** What a text of the go command, or of git under it, means. */
export interface FailureRow {
  readonly text: RegExp;
  readonly kind: RefusalKind;
  /** In place of go's own words. */
  readonly reason?: string;
  /** Of go's own words only what matched. */
  readonly short?: true;
  /** Finds in go's own words the host that the reason is about. */
  readonly host?: RegExp;
}

/** What go says of a path such as `host/team/mod.git` when none of the protocols that it tries leads to a repository. */
export const NO_PROTOCOL = /no (secure )?protocol found for repository/;

const UNREACHABLE = 'the host can not be reached';

const WORKER: readonly FailureRow[] = [
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
  { text: /: permission denied$|^[ \t]+(fatal|error): .*: Permission denied$/m, kind: 'internal' },
  // Go takes no file:// repository: this is a kept one that lost its remote, or a setting of ours.
  { text: /'origin' does not appear to be|transport 'file' not allowed|\.lock': File exists/, kind: 'internal' },
  { text: /: not a git repository|\.info exists with wrong content|: chdir .*: no such file/, kind: 'internal' },
  { text: /(malformed|empty|relative|unreachable) .*GOVCS/, kind: 'internal' },
  // All that it reads was fetched before.
  { text: /\bgit( -c \S+)* archive .*: exit status \d+/, kind: 'internal' },
];

const POLICY: readonly FailureRow[] = [
  // The forward proxy's words; git has its status alone.
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
  // As behind https without a password: a client that has a key may go on to its next source.
  {
    text: /transport 'ssh' not allowed/,
    kind: 'not-found',
    reason: 'its repository is behind ssh, and the worker has no ssh key',
  },
  { text: /transport '.*' not allowed/, kind: 'forbidden', reason: 'the protocol of the repository is not allowed' },
];

/** No such version, and none that will ever be: go's own words, after a look into the repository. */
const VERSION: readonly FailureRow[] = [
  { text: /unknown revision|no matching versions|invalid pseudo-version/, kind: 'not-found' },
  { text: /missing \S*go\.mod|must match major version|: go\.mod has |go\.mod is missing /, kind: 'not-found' },
  { text: /malformed module path|disallowed version string|invalid module version/, kind: 'not-found' },
  { text: /invalid \S+ import path|invalid version control suffix/, kind: 'not-found' },
  { text: /source tree too large|file name collision|create zip: (?!git )/, kind: 'not-found' },
];

/** The page that says where the repository is. */
const PAGE: readonly FailureRow[] = [
  // A host that does not exist is an answer: no such module. Git's words for it weigh as much: go asks for each prefix
  // of a package, and an error at one would fail the whole.
  {
    text: /go-get=1": (dial tcp: lookup.*)?no such host|^\t?no such host$/m,
    kind: 'not-found',
    reason: 'no such host',
  },
  {
    text: /unable to access '[^']*': (Could not resolve host|(CONNECT tunnel failed, response|Received HTTP code) 404\b)/,
    kind: 'not-found',
    reason: 'no such host',
  },
  { text: /go-get=1: (401|403|404|410) /, kind: 'not-found' },
  { text: /go-get=1: \d{3} /, kind: 'upstream' },
];

/** An ssh host that refuses this worker before it is told which repository is wanted, or that the worker refuses. */
const SSH: readonly FailureRow[] = [
  {
    text: /^[ \t]*(\S+@\S+: )?Permission denied \(|Too many authentication failures/m,
    kind: 'upstream',
    reason: 'the ssh host accepts no key of the worker',
    host: /@([\w-][\w.-]*): Permission denied \(/,
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
];

const NETWORK: readonly FailureRow[] = [
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
    text: /go-get=1": |tunnel failed|Could not resolve|Failed to connect|Couldn't connect/,
    kind: 'upstream',
    reason: UNREACHABLE,
  },
  {
    text: /connection (refused|reset|closed)|No route to host|Network is unreachable/i,
    kind: 'upstream',
    reason: UNREACHABLE,
  },
  { text: /returned error: (429|5\d\d)|closed by remote host/, kind: 'upstream', reason: 'the host failed' },
];

/** A transfer that broke off, at the host or because git here could not go on. */
const TRANSFER: readonly FailureRow[] = [
  { text: /RPC failed|early EOF|hung up unexpectedly|Broken pipe/, kind: 'upstream', reason: 'the host failed' },
];

/** Who may not know whether a private repository exists is told that it does not. */
const GONE_OR_PRIVATE: readonly FailureRow[] = [
  {
    // The first is said of a netrc line that the host refused, too.
    text: /could not read (Username|Password)|Authentication failed/,
    kind: 'not-found',
    reason: 'the repository does not exist, or the worker has no credentials that open it',
  },
  {
    text: /returned error: (401|403|404|410)|repository .*not found|Could not read from remote repository/i,
    kind: 'not-found',
    reason: 'the repository does not exist, or access to it is refused',
  },
  // Go takes it for no such module (cmd/go/internal/modfetch, lookupDirect).
  {
    text: NO_PROTOCOL,
    kind: 'not-found',
    reason: 'no repository can be read there: there is none, access is refused, or the host does not answer',
  },
];

const REST: readonly FailureRow[] = [
  // Git failed in a way that no row above knows.
  { text: /git .*: exit status \d+/, kind: 'upstream' },
  { text: /invalid version|unrecognized import path/, kind: 'not-found' },
];

/**
 * The one table that reads the texts of the go command and of git under it (LC_ALL=C; go 1.19 to 1.27). The first row
 * that matches counts, and the order matters: go words every trouble as `unrecognized import path` or
 * `invalid version`, and what tells them apart comes later in the text.
 */
export const FAILURES: readonly (readonly [cause: Cause, rows: readonly FailureRow[]])[] = [
  ['worker', WORKER],
  ['policy', POLICY],
  ['version', VERSION],
  ['host', PAGE],
  ['credentials', SSH],
  ['host', NETWORK],
  ['unknown', TRANSFER],
  ['host', GONE_OR_PRIVATE],
  ['unknown', REST],
];
