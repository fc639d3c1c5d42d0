import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.js';
import { startChecksumDatabase, type ChecksumDatabase } from '../support/checksum-database.js';
import { GitHost } from '../support/git-host.js';
import { goClient, type GoClient } from '../support/go.js';
import { startStack, type Stack } from '../support/stack.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';

let upstream: FakeUpstream;
let database: ChecksumDatabase;
let git: GitHost;
let stack: Stack;
let client: GoClient;

beforeAll(async () => {
  upstream = await startUpstream();
  database = await startChecksumDatabase(upstream);
  git = await GitHost.start();
  upstream
    .add('example.com/Leaf', 'v1.0.0', { files: { 'leaf.go': 'package leaf\n\nconst Name = "leaf"\n' } })
    .add('example.com/Leaf', 'v1.1.0', { files: { 'leaf.go': 'package leaf\n\nconst Name = "leaf"\n' } })
    .add('example.com/tool', 'v0.3.0', {
      mod: 'module example.com/tool\n\ngo 1.20\n\nrequire example.com/Leaf v1.0.0\n',
      files: {
        'cmd/hello/main.go': 'package main\n\nimport "example.com/Leaf"\n\nfunc main() { println(leaf.Name) }\n',
        'deep/in/it/it.go': 'package it\n',
      },
    });
  await git.createRepo('git.corp.example/team/secret', [
    {
      files: {
        'go.mod': 'module git.corp.example/team/secret\n',
        'secret.go': 'package secret\n\nconst Word = "private"\n',
      },
      tags: ['v1.2.3'],
    },
  ]);
  stack = await startStack({
    env: {
      GOPROXY: `${upstream.url},off`,
      GOPRIVATE: '*.corp.example',
      GONOSUMDB: '*.corp.example,golang.org',
      GOSUMDB: database.gosumdb,
      STOA_GO_ENV: git.goEnvSetting,
      // What was refused is still refused when the upstream is gone, however long the commands take.
      STOA_NOT_FOUND_TTL: '1h',
    },
  });
  // The user's machine: GOPROXY alone, checksums on.
  client = await goClient({ GOPROXY: stack.url, GOSUMDB: database.gosumdb, GONOSUMDB: '*.corp.example' });
  await writeFile(join(client.folder, 'go.mod'), 'module example.net/project\n\ngo 1.20\n');
  await writeFile(
    join(client.folder, 'main.go'),
    'package main\n\nimport (\n\t_ "example.com/tool/deep/in/it"\n\t_ "git.corp.example/team/secret"\n)\n\nfunc main() {}\n',
  );
}, 180_000);
afterAll(async () => {
  await client?.close();
  await stack?.close();
  await git?.close();
  await database?.close();
  await upstream?.close();
});

/** What a user types; each must succeed. */
const COMMANDS = [
  ['get', 'example.com/tool/deep/in/it@v0.3.0'],
  ['get', 'git.corp.example/team/secret@v1.2.3'],
  ['mod', 'tidy'],
  ['mod', 'download', 'all'],
  ['build', '-o', 'project', '.'],
  ['mod', 'verify'],
  ['install', 'example.com/tool/cmd/hello@latest'],
  ['list', '-m', '-versions', 'example.com/Leaf'],
] satisfies readonly (readonly string[])[];

describe('a real go command with GOPROXY set and checksums on', () => {
  it.each(COMMANDS)(
    'go %s %s succeeds through gateway, queue, worker and storage',
    async (...words: readonly string[]) => {
      const run = await client.run(words);
      expect([run.code, run.stderr]).toEqual([0, run.stderr]);
      if (words[1] === '-m') expect(run.stdout).toBe('example.com/Leaf v1.0.0 v1.1.0\n');
    },
    120_000,
  );

  it('has told no upstream of the private module', () => {
    expect([...upstream.counts.keys()].filter((path) => path.includes('corp.example'))).toEqual([]);
  });

  it('sees why a version does not exist', async () => {
    const run = await client.run(['list', '-m', 'example.com/Leaf@v9.9.9']);
    expect(run.code).not.toBe(0);
    expect(run.stderr).toContain('404 Not Found\n\tserver response: not found: example.com/Leaf@v9.9.9: ');
  });

  it('is refused a look-up of a private module in the checksum database', async () => {
    const path = '/sumdb/sum.test/lookup/git.corp.example/team/secret@v1.2.3';
    const lookup = await ask(`${stack.url}${path}`);
    expect(lookup.status).toBe(403);
    expect(upstream.count(path)).toBe(0);
  });

  it('may look a toolchain up, which the go command verifies whatever GONOSUMDB says', async () => {
    const path = '/sumdb/sum.test/lookup/golang.org/toolchain@v0.0.1-go1.99.1.linux-amd64';
    expect((await ask(`${stack.url}${path}`)).status).toBe(404);
    expect(upstream.count(path)).toBe(1);
    expect((await ask(`${stack.url}/sumdb/sum.test/lookup/golang.org/x/mod@v0.1.0`)).status).toBe(403);
  });

  it('does all of it again on another machine while the upstream is gone', async () => {
    await upstream.close();
    await git.close();
    await client.forget();
    for (const words of COMMANDS) {
      const run = await client.run(words);
      expect([words.join(' '), run.code, run.stderr]).toEqual([words.join(' '), 0, run.stderr]);
    }
    upstream = await startUpstream();
    git = await GitHost.start();
  }, 180_000);
});
