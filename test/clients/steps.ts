import { FUTURE } from './internet.js';

/** A command that a user of a client types, and what it must come to. */
export interface Step {
  readonly title: string;
  readonly words: readonly string[];
  /** What stdout and stderr, one after the other, say. */
  readonly says: RegExp;
  readonly fails?: true;
  readonly env?: Readonly<Record<string, string>>;
  /** The release must be able to switch. */
  readonly switches?: true;
}

/** The project that the steps are about: what its packages import is in no go.mod yet. */
export const PROJECT = {
  'go.mod': 'module example.net/project\n\ngo 1.19\n',
  'project.go': `package project

import (
	_ "example.com/nested/sub"
	_ "proxied.test/regret"
	_ "proxied.test/tool/deep/in/it"
)
`,
  [`future/go.mod`]: `module example.net/future\n\ngo ${FUTURE.slice(2)}\n`,
};

/** In this order: the later ones are about what the former ones made. */
export const STEPS: readonly Step[] = [
  {
    title: 'downloads versions of a mirror and of version control',
    words: ['mod', 'download', '-json', 'proxied.test/Leaf@v1.0.0', 'example.com/odd@v1.0.0'],
    says: /"Path": "proxied\.test\/Leaf",[^}]*"Sum": "h1:[^}]*\}\s*\{\s*"Path": "example\.com\/odd",[^}]*"Sum": "h1:/,
  },
  {
    title: 'gets packages and versions',
    words: ['get', 'proxied.test/tool/deep/in/it', 'proxied.test/regret@v1.1.0', 'example.com/nested/sub@v1.0.0'],
    says: /go: added proxied\.test\/tool v0\.3\.0\n/,
  },
  { title: 'tidies go.mod', words: ['mod', 'tidy'], says: /^/ },
  { title: 'has every module as go.sum says', words: ['mod', 'verify'], says: /^all modules verified\n/ },
  {
    title: 'lists versions',
    words: ['list', '-m', '-versions', 'proxied.test/Leaf', 'example.com/majors/v2'],
    says: /^proxied\.test\/Leaf v1\.0\.0 v1\.1\.0\nexample\.com\/majors\/v2 v2\.0\.0 v2\.1\.0\n/,
  },
  {
    title: 'lists no retracted version unless it is told to',
    words: ['list', '-m', '-versions', 'proxied.test/regret', 'example.com/retracted'],
    says: /^proxied\.test\/regret v1\.0\.0\nexample\.com\/retracted v1\.0\.0\n/,
  },
  {
    title: 'lists retracted versions when it is told to',
    words: ['list', '-m', '-versions', '-retracted', 'proxied.test/regret', 'example.com/retracted'],
    says: /^proxied\.test\/regret v1\.0\.0 v1\.1\.0 v1\.2\.0\nexample\.com\/retracted v1\.0\.0 v1\.1\.0 v1\.2\.0\n/,
  },
  {
    title: 'sees what can be updated, and what was retracted',
    words: ['list', '-m', '-u', 'all'],
    says: /example\.com\/nested\/sub v1\.0\.0 \[v1\.1\.0\]\nproxied\.test\/Leaf v1\.0\.0 \[v1\.1\.0\]\nproxied\.test\/regret v1\.1\.0 \(retracted\)\n/,
  },
  {
    title: 'sees why a version was retracted',
    words: ['list', '-m', '-retracted', '-f', '{{.Retracted}}', 'proxied.test/regret@v1.2.0'],
    says: /^\[Published by mistake\.\]\n/,
  },
  {
    title: 'resolves a branch and a commit of version control',
    words: ['list', '-m', 'example.com/tags@work', 'example.com/majors/v2@v2'],
    says: /^example\.com\/tags v1\.2\.4-0\.20260101000600-[0-9a-f]{12}\nexample\.com\/majors\/v2 v2\.1\.0\n/,
  },
  { title: 'installs a program', words: ['install', 'proxied.test/tool/cmd/hello@latest'], says: /^/ },
  {
    title: 'stops at a module that is not what the checksum database knows',
    words: ['mod', 'download', 'proxied.test/tampered@v1.0.0'],
    says: /checksum mismatch/,
    fails: true,
  },
  {
    title: 'says why a version does not exist',
    words: ['list', '-m', 'proxied.test/Leaf@v9.9.9'],
    says: /404 Not Found\n\tserver response: not found: proxied\.test\/Leaf@v9\.9\.9: /,
    fails: true,
  },
  {
    title: 'switches to the release that a module asks for',
    words: ['-C', 'future', 'version'],
    says: new RegExp(`\\b${FUTURE} runs: `),
    env: { GOTOOLCHAIN: 'auto' },
    switches: true,
  },
];
