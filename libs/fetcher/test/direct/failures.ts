import { type Failure, git, M, page, V } from './failure.js';

const GONE = 'the repository does not exist, or access to it is refused';
/** Failures of the world outside. */
export const FAILURES: readonly Failure[] = [
  // No such thing.
  [`go: ${V}: invalid version: unknown revision v1.0.0`, 'not-found', 'invalid version: unknown revision v1.0.0'],
  [`${V}: invalid version: unknown revision v1.0.0`, 'not-found', 'invalid version: unknown revision v1.0.0'],
  [`go: module ${M}: no matching versions for query "latest"`, 'not-found', 'no matching versions for query "latest"'],
  [
    `go: ${V}: invalid pseudo-version: does not match version-control timestamp (expected 20260101000000)`,
    'not-found',
    'invalid pseudo-version: does not match version-control timestamp (expected 20260101000000)',
  ],
  [
    `go: ${V}: invalid pseudo-version: preceding tag (v1.1.0) not found`,
    'not-found',
    'invalid pseudo-version: preceding tag (v1.1.0) not found',
  ],
  [
    `go: ${V}: invalid pseudo-version: revision is shorter than canonical (expected 0a1b2c3d4e5f)`,
    'not-found',
    'invalid pseudo-version: revision is shorter than canonical (expected 0a1b2c3d4e5f)',
  ],
  [
    `go: ${V}: invalid pseudo-version: revision 0a1b2c3d4e5f is not a descendent of preceding tag (v1.1.0)`,
    'not-found',
    'invalid pseudo-version: revision 0a1b2c3d4e5f is not a descendent of preceding tag (v1.1.0)',
  ],
  [
    `go: ${V}: invalid version: go.mod has non-.../v2 module path "${M}" (and .../v2/go.mod does not exist) at revision v2.0.0`,
    'not-found',
    `invalid version: go.mod has non-.../v2 module path "${M}" (and .../v2/go.mod does not exist) at revision v2.0.0`,
  ],
  [`go: ${V}: invalid version: ambiguous revision 0a1b2c3`, 'not-found', 'invalid version: ambiguous revision 0a1b2c3'],
  [
    `go: ${V}: invalid version: module contains a go.mod file, so module path must match major version ("${M}/v2")`,
    'not-found',
    `invalid version: module contains a go.mod file, so module path must match major version ("${M}/v2")`,
  ],
  [
    `go: ${V}: invalid version: go.mod has post-v2 module path "${M}/v2" at revision v2.0.0`,
    'not-found',
    `invalid version: go.mod has post-v2 module path "${M}/v2" at revision v2.0.0`,
  ],
  [
    `go: ${V}: invalid version: go.mod is missing module path at revision v1.0.0`,
    'not-found',
    'invalid version: go.mod is missing module path at revision v1.0.0',
  ],
  [
    `go: ${V}: invalid version: missing ${M}/sub/go.mod at revision v1.0.0`,
    'not-found',
    `invalid version: missing ${M}/sub/go.mod at revision v1.0.0`,
  ],
  [`go: ${V}: malformed module path "${M}": x`, 'not-found', `malformed module path "${M}": x`],
  [
    'go: invalid version control suffix in github.com/ path',
    'not-found',
    'invalid version control suffix in github.com/ path',
  ],
  [
    page(`reading https://${M}?go-get=1: 404 Not Found`),
    'not-found',
    `unrecognized import path "${M}": reading <url>: 404 Not Found`,
  ],
  [
    page(`reading https://${M}?go-get=1: 403 Forbidden`),
    'not-found',
    `unrecognized import path "${M}": reading <url>: 403 Forbidden`,
  ],
  [
    page(`parse https://${M}?go-get=1: no go-import meta tags ()`),
    'not-found',
    `unrecognized import path "${M}": parse <url>: no go-import meta tags ()`,
  ],
  [
    page(`https fetch: Get "https://${M}?go-get=1": dial tcp: lookup example.com on 10.0.0.2:53: no such host`),
    'not-found',
    'no such host',
  ],

  // A version that can't be made into a module.
  [
    'create zip: b.go: case-insensitive file name collision: "B.go" and "b.go"',
    'not-found',
    'create zip: b.go: case-insensitive file name collision: "B.go" and "b.go"',
  ],
  [
    'create zip: module source tree too large (max size is 524288000 bytes)',
    'not-found',
    'create zip: module source tree too large (max size is 524288000 bytes)',
  ],

  // Private, or gone.
  [
    git(
      `ls-remote -q --end-of-options https://${M}`,
      "error: unable to read askpass response from '/bin/false'",
      "fatal: could not read Username for 'https://example.com': terminal prompts disabled",
    ),
    'not-found',
    GONE,
  ],
  [git('ls-remote -q origin', "fatal: Authentication failed for 'https://u:p@example.com/m/'"), 'not-found', GONE],
  [
    git(
      'ls-remote -q origin',
      "fatal: unable to access 'https://example.com/m/': The requested URL returned error: 403",
    ),
    'not-found',
    GONE,
  ],
  [
    git('ls-remote -q origin', 'remote: Repository not found.', "fatal: repository 'https://example.com/m/' not found"),
    'not-found',
    GONE,
  ],
  [
    git(
      'ls-remote -q origin',
      'git@example.com: Permission denied (publickey).',
      'fatal: Could not read from remote repository.',
    ),
    'not-found',
    GONE,
  ],
  [
    git('ls-remote -q origin', 'ERROR: no such project', 'fatal: Could not read from remote repository.'),
    'not-found',
    GONE,
  ],

  // The network and the host.
  [
    page(`reading https://${M}?go-get=1: 503 Service Unavailable`),
    'upstream',
    `unrecognized import path "${M}": reading <url>: 503 Service Unavailable`,
  ],
  [
    page(`reading https://${M}?go-get=1: 429 Too Many Requests`),
    'upstream',
    `unrecognized import path "${M}": reading <url>: 429 Too Many Requests`,
  ],
  [
    page(`https fetch: Get "https://${M}?go-get=1": dial tcp 10.1.2.3:443: connect: connection refused`),
    'upstream',
    'the host can not be reached',
  ],
  [
    page(
      `https fetch: Get "https://${M}?go-get=1": proxyconnect tcp: dial tcp: lookup proxy on 10.0.0.2:53: no such host`,
    ),
    'upstream',
    'the host can not be reached',
  ],
  // The words of the forward proxy.
  [
    page(`https fetch: Get "https://${M}?go-get=1": host inner.example: address not allowed`),
    'forbidden',
    'host inner.example: address not allowed',
  ],
  [page(`https fetch: Get "https://127.0.0.1?go-get=1": address not allowed`), 'forbidden', 'address not allowed'],
  [page(`https fetch: Get "https://${M}?go-get=1": no such host`), 'not-found', 'no such host'],
  [page(`https fetch: Get "https://${M}?go-get=1": connection refused`), 'upstream', 'the host can not be reached'],
  [
    page(`https fetch: Get "https://${M}?go-get=1": connection timed out`),
    'upstream',
    'the host does not answer in time',
  ],
  [
    `go: ${V}: Get "http://127.0.0.1:3001/x/@v/list": refusing to use HTTP_PROXY value in CGI environment; see x`,
    'forbidden',
    'plain http is not allowed',
  ],
  [
    git(
      'fetch -f origin',
      "fatal: unable to access 'https://me:pw@inner.example/m/': CONNECT tunnel failed, response 403",
    ),
    'forbidden',
    'host inner.example: address not allowed',
  ],
  [
    git(
      'fetch -f origin',
      "fatal: unable to access 'https://0x7f.1/m/': Received HTTP code 403 from proxy after CONNECT",
    ),
    'forbidden',
    'address not allowed',
  ],
  [
    git('fetch -f origin', "fatal: unable to access 'https://example.com/m/': CONNECT tunnel failed, response 404"),
    'not-found',
    'no such host',
  ],
  [
    git('fetch -f origin', 'host inner.example: address not allowed', 'fatal: Could not read from remote repository.'),
    'forbidden',
    'host inner.example: address not allowed',
  ],
  [page(`https fetch: Get "https://${M}?go-get=1": Method Not Allowed`), 'upstream', 'the host can not be reached'],
  [page(`https fetch: Get "https://${M}?go-get=1": EOF`), 'upstream', 'the host can not be reached'],
  [
    page(`https fetch: Get "https://${M}?go-get=1": dial tcp 10.1.2.3:443: i/o timeout`),
    'upstream',
    'the host does not answer in time',
  ],
  [
    page(
      `https fetch: Get "https://${M}?go-get=1": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
    ),
    'upstream',
    'no secure connection to the host can be made',
  ],
  [
    git('fetch -f origin', "fatal: unable to access 'https://example.com/m/': Could not resolve host: example.com"),
    'not-found',
    'no such host',
  ],
  [
    git(
      'fetch -f origin',
      "fatal: unable to access 'https://example.com/m/': Failed to connect to 10.1.2.3 port 443 after 0 ms: Couldn't connect to server",
    ),
    'upstream',
    'the host can not be reached',
  ],
  [
    git('fetch -f origin', "fatal: unable to access 'https://example.com/m/': CONNECT tunnel failed, response 405"),
    'upstream',
    'the host can not be reached',
  ],
  [
    git(
      'fetch -f origin',
      "fatal: unable to access 'https://example.com/m/': SSL certificate problem: unable to get local issuer certificate",
    ),
    'upstream',
    'no secure connection to the host can be made',
  ],
  [
    git('fetch -f origin', "fatal: unable to access 'https://example.com/m/': The requested URL returned error: 502"),
    'upstream',
    'the host failed',
  ],
  [
    git('fetch -f origin', 'error: RPC failed; curl 18 transfer closed', 'fatal: early EOF'),
    'upstream',
    'the host failed',
  ],
  [
    git(
      'ls-remote -q origin',
      'ssh: connect to host example.com port 22: Connection timed out',
      'fatal: Could not read from remote repository.',
    ),
    'upstream',
    'the host does not answer in time',
  ],
  [
    git(
      'ls-remote -q origin',
      'ssh: connect to host example.com port 22: Connection refused',
      'fatal: Could not read from remote repository.',
    ),
    'upstream',
    'the host can not be reached',
  ],
  [
    git(
      'ls-remote -q origin',
      'Unable to negotiate with UNKNOWN port 65535: no matching host key type found. Their offer: ssh-rsa\r',
      'fatal: Could not read from remote repository.',
    ),
    'upstream',
    'no secure connection to the host can be made',
  ],
  [
    git('ls-remote -q origin', 'Host key verification failed.\r', 'fatal: Could not read from remote repository.'),
    'upstream',
    'the ssh host key is not known',
  ],
  [
    git(
      'ls-remote -q origin',
      'No ED25519 host key is known for 10.1.2.3 and you have requested strict checking.\r',
      'Host key verification failed.\r',
      'fatal: Could not read from remote repository.',
    ),
    'upstream',
    'the ssh host key is not known',
  ],
  [
    git(
      'fetch -f origin',
      'Authorized users only.\r',
      'client_loop: send disconnect: Broken pipe\r',
      'fatal: Could not read from remote repository.',
    ),
    'upstream',
    'the host failed',
  ],
  [
    git('fetch -f origin', 'warning: something', 'fatal: bad object 0a1b2c in /srv/stoa/go/mod'),
    'upstream',
    'git: bad object 0a1b2c in <path>',
  ],
  [
    git('ls-remote -q --end-of-options https://example.com/m', 'fatal: protocol error: bad line length 8191'),
    'upstream',
    'git: protocol error: bad line length 8191',
  ],
  ['go: something new', 'upstream', 'something new'],
  ['', 'upstream', 'the go command failed'],
];
