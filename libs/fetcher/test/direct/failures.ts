import { type Failure, git, M, page, V } from './failure.js';

const GONE = 'the repository does not exist, or access to it is refused';
const NO_CREDENTIALS = 'the repository does not exist, or the worker has no credentials that open it';
/** What is not there, or not for this worker to read. */
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
    NO_CREDENTIALS,
  ],
  [
    git('ls-remote -q origin', "fatal: Authentication failed for 'https://u:p@example.com/m/'"),
    'not-found',
    NO_CREDENTIALS,
  ],
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
      'bash: line 1: git-upload-pack: Permission denied',
      'fatal: Could not read from remote repository.',
    ),
    'not-found',
    GONE,
  ],
  [
    git('ls-remote -q --end-of-options ssh://***@example.com/m', "fatal: transport 'ssh' not allowed"),
    'not-found',
    'its repository is behind ssh, and the worker has no ssh key',
  ],
  [
    `${M}: no secure protocol found for repository`,
    'not-found',
    'no repository can be read there: there is none, access is refused, or the host does not answer',
  ],
  [
    git('ls-remote -q origin', 'ERROR: no such project', 'fatal: Could not read from remote repository.'),
    'not-found',
    GONE,
  ],
];
