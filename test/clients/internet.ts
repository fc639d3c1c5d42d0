import { startChecksumDatabase, type ChecksumDatabase } from '../support/checksum-database.js';
import { type GitWorld, startGitWorld } from '../support/git-world.js';
import { moduleZip } from '../support/module-zip.js';
import { type FakeUpstream, startUpstream } from '../support/upstream.js';

/** What the clients' proxy knows of the world: a module mirror, its checksum database, and version control. */
export interface Internet {
  readonly upstream: FakeUpstream;
  readonly database: ChecksumDatabase;
  readonly world: GitWorld;
  /** Ends all of it; once more does nothing. */
  close(): Promise<void>;
}

/** A release that does not exist yet, and the version of its module for this machine. */
export const FUTURE = 'go1.99.1';
const ARCHITECTURE = process.arch === 'x64' ? 'amd64' : process.arch;
export const FUTURE_VERSION = `v0.0.1-${FUTURE}.${process.platform}-${ARCHITECTURE}`;

/** Starts all of it. The modules of `proxied.test` are on the mirror alone, those of `example.com` in git alone. */
export async function startInternet(): Promise<Internet> {
  const [upstream, world] = await Promise.all([startUpstream(), startGitWorld()]);
  const database = await startChecksumDatabase(upstream);
  addModules(upstream);
  addToolchain(upstream);
  await tamper(upstream);
  let closed: Promise<unknown> | null = null;
  return {
    upstream,
    database,
    world,
    async close() {
      await (closed ??= Promise.all([database.close(), world.close(), upstream.close()]));
    },
  };
}

const goMod = (name: string, rest: string): string => `module proxied.test/${name}\n\ngo 1.19\n\n${rest}`;

function addModules(upstream: FakeUpstream): void {
  const leaf = 'package leaf\n\nconst Name = "leaf"\n';
  const regret = { 'regret.go': 'package regret\n' };
  upstream
    .add('proxied.test/Leaf', 'v1.0.0', { files: { 'leaf.go': leaf } })
    .add('proxied.test/Leaf', 'v1.1.0', { files: { 'leaf.go': leaf } })
    .add('proxied.test/tool', 'v0.3.0', {
      mod: goMod('tool', 'require proxied.test/Leaf v1.0.0\n'),
      files: {
        'cmd/hello/main.go': 'package main\n\nimport "proxied.test/Leaf"\n\nfunc main() { println("a", leaf.Name) }\n',
        'deep/in/it/it.go': 'package it\n\nimport _ "proxied.test/Leaf"\n',
      },
    })
    .add('proxied.test/regret', 'v1.0.0', { files: regret })
    .add('proxied.test/regret', 'v1.1.0', { files: regret })
    .add('proxied.test/regret', 'v1.2.0', {
      mod: goMod('regret', '// Published by mistake.\nretract [v1.1.0, v1.2.0]\n'),
      files: regret,
    });
}

/** A toolchain as its module is made: no go.mod but with another name, and programs that are not executable. */
function addToolchain(upstream: FakeUpstream): void {
  const program = `#!/bin/sh\necho "${FUTURE} runs: $*"\n`;
  const module = 'golang.org/toolchain';
  upstream.add(module, FUTURE_VERSION, {
    zip: moduleZip(
      { module, version: FUTURE_VERSION },
      {
        VERSION: `${FUTURE}\n`,
        'bin/go': program,
        'bin/gofmt': program,
        'lib/time/zoneinfo': '',
        'pkg/tool/some': program,
        'src/_go.mod': 'module std\n',
      },
    ),
  });
}

/** A module that the database has seen as it was, and the mirror has changed since. */
async function tamper(upstream: FakeUpstream): Promise<void> {
  const module = 'proxied.test/tampered';
  upstream.add(module, 'v1.0.0', { files: { 't.go': 'package tampered\n' } });
  const lookup = await fetch(`${upstream.url}/sumdb/sum.test/lookup/${module}@v1.0.0`);
  if (!lookup.ok) throw new Error(`the checksum database says ${lookup.status}: ${await lookup.text()}`);
  upstream.add(module, 'v1.0.0', { files: { 't.go': 'package tampered // with something else\n' } });
}
