import { type Failure, git, M, page, V } from './failure.js';

/** Failures of this worker, and what its settings forbid. */
export const FAILURES_HERE: readonly Failure[] = [
  // Policy.
  [
    page(`GOVCS disallows using hg for public ${M}; see 'go help vcs'`),
    'forbidden',
    `GOVCS disallows using hg for public ${M}`,
  ],
  [
    git('ls-remote -q origin', "fatal: transport 'ext' not allowed"),
    'forbidden',
    'the protocol of the repository is not allowed',
  ],
  [
    `verifying ${V}: checksum mismatch\n\tdownloaded: h1:x\n\tgo.sum: h1:y\n\nSECURITY ERROR\n`,
    'forbidden',
    'checksum mismatch',
  ],

  // This worker.
  [
    `${V} requires go >= 1.99.1 (running go 1.26.8; GOTOOLCHAIN=local)`,
    'busy',
    'requires go >= 1.99.1 (running go 1.26.8; GOTOOLCHAIN=local)',
  ],
  [
    `go: ${V}: invalid version: git init --bare in /srv/stoa/vcs: exec: "git": executable file not found in $PATH`,
    'busy',
    'the worker has no git',
  ],
  [
    git(
      'ls-remote -q origin',
      '/bin/sh: line 1: ssh: command not found',
      'fatal: Could not read from remote repository.',
    ),
    'busy',
    'the worker has no ssh',
  ],
  [git('fetch -f origin', 'fatal: write error: No space left on device'), 'busy', 'the worker has no room'],
  [
    git('fetch -f origin', "error: cannot open '/srv/stoa/vcs/0a/FETCH_HEAD': Permission denied"),
    'internal',
    "git: cannot open '<path>': Permission denied",
  ],
  ['go: mkdir /srv/stoa/go/mod: permission denied', 'internal', 'mkdir <path>: permission denied'],
  [`go: ${V}: git fetch in /srv/stoa: signal: killed`, 'busy', 'git was killed'],
  [
    'go: fork/exec /usr/bin/git: resource temporarily unavailable',
    'busy',
    'the worker has no memory or processes left',
  ],
  [
    git(
      'ls-remote -q origin',
      "fatal: 'origin' does not appear to be a git repository",
      'fatal: Could not read from remote repository.',
    ),
    'internal',
    'git: Could not read from remote repository.',
  ],
  [
    git('fetch -f origin', 'fatal: not a git repository (or any parent up to mount point /)'),
    'internal',
    'git: not a git repository (or any parent up to mount point /)',
  ],
  [
    `go: ${V}: invalid version: /srv/stoa/vcs/0a.info exists with wrong content (have "x" want "y")`,
    'internal',
    'invalid version: <path> exists with wrong content (have "x" want "y")',
  ],
  [
    `go: ${V}: git ls-remote -q origin in /srv/stoa/vcs/0a: chdir /srv/stoa/vcs/0a: no such file or directory`,
    'internal',
    'git ls-remote -q origin in <path>: chdir <path>: no such file or directory',
  ],
  [
    git('fetch -f origin', "fatal: Unable to create '/srv/stoa/vcs/0a/shallow.lock': File exists."),
    'internal',
    "git: Unable to create '<path>': File exists.",
  ],
  [
    git(
      '-c core.autocrlf=input -c core.eol=lf archive --format=zip --prefix=prefix/ --end-of-options 0a1b2c',
      'error: object file ./objects/7f/727f is empty',
      'fatal: loose object 7f727fa7 (stored in ./objects/7f/727f) is corrupt',
    ),
    'internal',
    'git: loose object 7f727fa7 (stored in ./objects/7f/727f) is corrupt',
  ],
  [
    page('malformed entry in GOVCS (missing colon): "x"'),
    'internal',
    `unrecognized import path "${M}": malformed entry in GOVCS (missing colon): "x"`,
  ],
];
