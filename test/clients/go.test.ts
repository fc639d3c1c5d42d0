import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { goClient, type GoClient } from '../support/go.js';
import { startStack, type Stack } from '../support/stack.js';
import { FUTURE_VERSION, type Internet, startInternet } from './internet.js';
import { pathOf, type Release, RELEASES, releasesFolder } from './releases.js';
import { PROJECT, type Step, STEPS } from './steps.js';

let internet: Internet;
let stack: Stack;
const clients = new Map<Release, GoClient>();

beforeAll(async () => {
  internet = await startInternet();
  const { upstream, database, world } = internet;
  stack = await startStack({
    env: {
      GOPROXY: upstream.url,
      GOPRIVATE: 'example.com',
      GOSUMDB: database.gosumdb,
      STOA_GO_ENV: world.host.goEnvSetting,
      // What was refused is still refused when the upstream is gone, however long the releases take.
      STOA_NOT_FOUND_TTL: '1h',
    },
  });
}, 180_000);
afterAll(async () => {
  await Promise.all([...clients.values()].map((client) => client.close()));
  await stack?.close();
  await internet?.close();
});

/** A user's machine: GOPROXY is ours alone, checksums are on. What was compiled is kept between runs, by all together. */
async function start(release: Release): Promise<GoClient> {
  const client = await goClient({
    PATH: pathOf(release),
    GOPROXY: stack.url,
    GOSUMDB: internet.database.gosumdb,
    GONOSUMDB: 'example.com',
    GOCACHE: join(releasesFolder(), 'build'),
  });
  clients.set(release, client);
  await writeProject(client);
  return client;
}

async function writeProject({ folder }: GoClient): Promise<void> {
  await rm(join(folder, 'go.sum'), { force: true });
  for (const [name, content] of Object.entries(PROJECT)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

async function take({ words, env, says, fails }: Step, client: GoClient): Promise<void> {
  const run = await client.run(words, env);
  const said = run.stdout + run.stderr;
  expect([said, run.code !== 0]).toEqual([expect.stringMatching(says), fails ?? false]);
}

const stepsOf = ({ switches }: Release): readonly Step[] => STEPS.filter((step) => switches || !step.switches);

describe.each(RELEASES)('$name with GOPROXY set and checksums on', (release) => {
  let client: GoClient;
  beforeAll(async () => {
    client = await start(release);
  });

  it('is the release that it should be', async () => {
    const { stdout } = await client.run(['version']);
    expect(stdout).toMatch(release.version ? `go version go${release.version}` : /^go version go1\.\d+/);
  });

  it.each(stepsOf(release))('$title', async (step) => take(step, client), 180_000);

  it('has built the program', async () => {
    const { stderr } = await promisify(execFile)(join(client.folder, 'bin', 'hello'));
    expect(stderr).toBe('a leaf\n');
  });
});

describe('all of these together', () => {
  it('have cost the upstream one zip each, and one for the checksum database', () => {
    for (const zip of ['proxied.test/!leaf/@v/v1.0.0.zip', `golang.org/toolchain/@v/${FUTURE_VERSION}.zip`]) {
      expect([zip, internet.upstream.count(`/${zip}`)]).toEqual([zip, 2]);
    }
  });

  it('have told the mirror and its checksum database nothing of the private modules', () => {
    expect([...internet.upstream.counts.keys()].filter((path) => path.includes('example.com'))).toEqual([]);
  });
});

describe('on another machine, while upstream and version control are gone', () => {
  beforeAll(async () => {
    await internet.close();
    await Promise.all([...clients.values()].map((client) => client.forget()));
  });

  it.each(RELEASES)(
    '$name does all of it again',
    async (release) => {
      const client = clients.get(release) ?? (await start(release));
      await writeProject(client);
      for (const step of stepsOf(release)) await take(step, client);
    },
    120_000,
  );
});
