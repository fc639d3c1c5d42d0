import { type Failure, git, M, page, V } from './failure.js';

/** Failures of the network, of hosts, and of the way to them. */
export const FAILURES_OF_HOSTS: readonly Failure[] = [
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
      'fetch -f origin',
      'remote: fatal: loose object 7f727fa7 (stored in ./objects/7f) is corrupt',
      'fatal: early EOF',
    ),
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
    git(
      'ls-remote -q origin',
      'Authorized users only.\r',
      'git@git.example.com: Permission denied (publickey,password).\r',
      'fatal: Could not read from remote repository.',
    ),
    'upstream',
    'host git.example.com: the ssh host accepts no key of the worker',
  ],
  [
    git(
      'ls-remote -q origin',
      'Received disconnect from UNKNOWN port 65535:2: Too many authentication failures\r',
      'fatal: Could not read from remote repository.',
    ),
    'upstream',
    'the ssh host accepts no key of the worker',
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
