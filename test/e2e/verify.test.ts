import { readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.js';
import { startChecksumDatabase, type ChecksumDatabase } from '../support/checksum-database.js';
import { killCommandAt, runCommand, settingsBeside } from '../support/command.js';
import { moduleZip } from '../support/module-zip.js';
import { startStack, type Stack } from '../support/stack.js';
import { readStored, storedPath, writeStored } from '../support/storage-folder.js';
import { hang, startUpstream, times, type FakeUpstream } from '../support/upstream.js';

const FILES = { 'a.go': 'package a\n' };

let upstream: FakeUpstream;
let database: ChecksumDatabase;
let stack: Stack;

beforeAll(async () => {
  upstream = await startUpstream();
  database = await startChecksumDatabase(upstream);
  stack = await startStack({ gateways: 2, env: settingsOf() });
});
afterAll(async () => {
  await stack?.close();
  await database?.close();
  await upstream?.close();
});

const settingsOf = () => ({ GOPROXY: upstream.url, GOSUMDB: database.gosumdb, GONOSUMDB: 'example.com/private' });
const settings = () => settingsBeside(stack, settingsOf());
const verify = (...words: string[]) => runCommand(['verify', ...words], settings());
const get = (path: string, gateway = 0) => ask(`${stack.gateways[gateway]!.url}/${path}`);

/** Lets the stack fetch a version whole, and gives the folder of its files. */
async function fetchWhole(module: string, version = 'v1.0.0'): Promise<string> {
  upstream.add(module, version, { files: FILES });
  for (const kind of ['info', 'zip']) expect((await get(`${module}/@v/${version}.${kind}`)).status).toBe(200);
  return `${module}/@v/${version}`;
}

/** Makes all that is stored two minutes old: what is younger than one may be on its way. */
async function settle(): Promise<void> {
  const then = new Date(Date.now() - 120_000);
  const root = storedPath(stack, '');
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) await utimes(join(entry.parentPath, entry.name), then, then);
}

/** What lies in quarantine of a module, without the ids. */
async function quarantined(module: string): Promise<string[]> {
  const names = await readdir(storedPath(stack, `.meta/quarantine/${module}/@v`)).catch(() => []);
  return names.map((name) => name.replace(/\.[0-9a-f]{12}(?=$|\.json$)/, '')).sort();
}

const write = async (key: string, bytes: Buffer) => writeFile(storedPath(stack, key), bytes);
const lose = (key: string) => rm(storedPath(stack, key));
const versionOf = (folder: string) => ({ module: folder.split('/@v/')[0]!, version: 'v1.0.0' });
const receiptOf = (folder: string) => `.meta/receipts/${folder}.json`;
const indexOf = async (folder: string) => {
  const { stored } = JSON.parse((await readStored(stack, receiptOf(folder)))!) as { stored: string };
  return `.meta/index/${stored}/${folder.replace('/@v/', '@')}`;
};
const contents = (folder: string) =>
  Promise.all(['info', 'mod', 'zip'].map((kind) => readStored(stack, `${folder}.${kind}`)));

const DAMAGES: Record<string, { damage: (folder: string) => Promise<void>; lines: RegExp[]; kept: string[] }> = {
  'a zip cut short': {
    damage: async (folder) =>
      writeStored(stack, `${folder}.zip`, (await readStored(stack, `${folder}.zip`))!.slice(0, 90)),
    lines: [/@v1\.0\.0: zip damaged: .+/],
    kept: ['v1.0.0.zip', 'v1.0.0.zip.json'],
  },
  'a zip of other content': {
    damage: (folder) =>
      write(
        `${folder}.zip`,
        moduleZip(versionOf(folder), { 'go.mod': `module ${versionOf(folder).module}\n`, 'a.go': 'package b\n' }),
      ),
    lines: [/@v1\.0\.0: zip damaged: stored: h1:\S{44}, sum\.test: h1:\S{44}$/],
    kept: ['v1.0.0.zip', 'v1.0.0.zip.json'],
  },
  'a go.mod of other content': {
    damage: (folder) => writeStored(stack, `${folder}.mod`, 'module example.com/evil\n'),
    lines: [/@v1\.0\.0: mod damaged: stored: h1:\S{44}, sum\.test: h1:\S{44}$/],
    kept: ['v1.0.0.mod', 'v1.0.0.mod.json'],
  },
  'an .info of another version': {
    damage: (folder) => writeStored(stack, `${folder}.info`, '{"Version":"v1.0.1"}'),
    lines: [/@v1\.0\.0: info damaged: it is no \.info of this version$/],
    kept: ['v1.0.0.info', 'v1.0.0.info.json'],
  },
  'a receipt that vouches for other content': {
    damage: async (folder) => {
      const text = (await readStored(stack, receiptOf(folder)))!;
      await writeStored(stack, receiptOf(folder), text.replace(/"goModHash": "h1:./, '"goModHash": "h1:*'));
    },
    lines: [/@v1\.0\.0: receipt damaged: it vouches for go\.mod h1:\*\S+, sum\.test: h1:\S{44}$/],
    kept: [],
  },
  'a lost zip': { damage: (folder) => lose(`${folder}.zip`), lines: [/@v1\.0\.0: zip missing$/], kept: [] },
  'a lost go.mod': { damage: (folder) => lose(`${folder}.mod`), lines: [/@v1\.0\.0: mod missing$/], kept: [] },
  'a lost .info': { damage: (folder) => lose(`${folder}.info`), lines: [/@v1\.0\.0: info missing$/], kept: [] },
  'a lost receipt': {
    damage: (folder) => lose(receiptOf(folder)),
    lines: [/@v1\.0\.0: receipt missing$/, /@v1\.0\.0: index orphan: it has no receipt$/],
    kept: [],
  },
  'a lost index entry': {
    damage: async (folder) => lose(await indexOf(folder)),
    lines: [/@v1\.0\.0: index missing$/],
    kept: [],
  },
  'a list that is none': {
    damage: (folder) => writeStored(stack, `${versionOf(folder).module}/@v/list`, '<html>Sign in</html>\n'),
    lines: [/^example\.com\/\S+: list damaged: it names what is no version of the module$/],
    kept: ['list', 'list.json'],
  },
};

describe('stoa verify', () => {
  it('finds nothing where all is whole, and has asked the database', async () => {
    await fetchWhole('example.com/whole');
    await settle();
    const asked = upstream.requests.length;
    expect(await verify()).toMatchObject({
      code: 0,
      lines: [],
      err: expect.stringMatching(/^stoa: \d+ checked: 0 found\n$/),
    });
    expect(upstream.requests.slice(asked).map(({ path }) => path)).not.toContain(
      '/sumdb/sum.test/lookup/example.com/whole@v1.0.0',
    ); // Its stored answer was proven anew.
  });

  it('finds damage of every kind, and with --repair the workers make it good', async () => {
    const damaged = await Promise.all(
      Object.entries(DAMAGES).map(async ([name, { damage, ...expected }]) => {
        const folder = await fetchWhole(`example.com/${name.replaceAll(/\W+/g, '-')}`);
        const { module } = versionOf(folder);
        expect((await get(`${module}/@v/list`)).status).toBe(200);
        const before = await contents(folder);
        await damage(folder);
        return { folder, module, before, ...expected };
      }),
    );
    await settle();

    const found = await verify();
    expect(found.code).toBe(1);
    for (const { module, lines } of damaged)
      expect(found.lines.filter((line) => line.startsWith(module))).toEqual(
        lines.map((line) => expect.stringMatching(line)),
      );

    const mended = await verify('--repair');
    expect(mended.lines.filter((line) => !line.endsWith(' (mended)'))).toEqual([]);
    expect(mended.code).toBe(0);
    for (const { module, kept } of damaged) expect(await quarantined(module)).toEqual(kept);
    for (const { folder, before } of damaged) expect(await contents(folder)).toEqual(before);

    await settle();
    expect(await verify()).toMatchObject({ code: 0, lines: [] });
  });

  it('leaves in quarantine what its source does not have any more, and says so', async () => {
    const folder = await fetchWhole('example.com/gone');
    await writeStored(stack, `${folder}.zip`, 'no zip');
    await settle();
    upstream.add('example.com/gone', 'v1.0.0', { zip: null });
    const { code, lines } = await verify('example.com/gone@v1.0.0', '--repair', '--json');
    expect(code).toBe(1);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        fault: 'damaged',
        subject: 'example.com/gone@v1.0.0',
        part: 'zip',
        message: expect.stringContaining('invalid zip'),
        mending: { outcome: 'quarantined', why: expect.stringMatching(/^example\.com\/gone@v1\.0\.0: /) },
      },
    ]);
    expect(await quarantined('example.com/gone')).toEqual(['v1.0.0.zip', 'v1.0.0.zip.json']);
    expect((await get(`${folder}.zip`)).status).toBe(404);
    expect(await verify('example.com/gone')).toMatchObject({ code: 1, lines: [expect.stringMatching(/zip missing$/)] });
  });

  it('does not take other content for what a receipt pins', async () => {
    const folder = await fetchWhole('example.com/private/pinned');
    await writeStored(stack, `${folder}.zip`, 'no zip');
    await settle();
    upstream.add('example.com/private/pinned', 'v1.0.0', { files: { 'a.go': 'package moved\n' } });
    const { code, lines } = await verify('example.com/private/pinned', '--repair');
    expect(code).toBe(1);
    expect(lines).toEqual([
      expect.stringMatching(/zip damaged: .+ \(quarantined: .*SECURITY ERROR: .*first seen: h1:/),
    ]);
    expect((await get(`${folder}.zip`)).status).toBe(403);
    expect(await readStored(stack, `${folder}.zip`)).toBeNull();
  });

  it('goes on where it was killed', async () => {
    const folders = await Promise.all(['a', 'b', 'c'].map((name) => fetchWhole(`example.com/resume-${name}`)));
    for (const folder of folders.slice(0, 2)) await writeStored(stack, `${folder}.info`, 'none');
    await settle();
    // The third has to be asked of a database that does not answer: there it stands still.
    const lookup = 'lookup/example.com/resume-c@v1.0.0';
    const [key] = await readdir(storedPath(stack, '.meta/sumdb/sum.test'));
    const answer = await readStored(stack, `.meta/sumdb/sum.test/${key}/${lookup}`);
    await lose(`.meta/sumdb/sum.test/${key}/${lookup}`);
    upstream.addFile(`/sumdb/sum.test/${lookup}`, answer).respond(`/sumdb/sum.test/${lookup}`, times(1, hang()));

    const modules = ['a', 'b', 'c'].map((name) => `example.com/resume-${name}`);
    await killCommandAt(/resume-b/, ['verify', ...modules], settings());
    const { code, lines, err } = await verify(...modules);
    expect(lines.filter((line) => line.includes('resume-a'))).toEqual([]);
    expect(err).toMatch(/continuing an interrupted run: [12] checked/);
    expect(err).toMatch(/6 checked: 2 found/);
    expect(code).toBe(1);
    expect((await verify(...modules)).lines).toHaveLength(2);
  });

  it('serves clients without a break while it mends', async () => {
    const module = 'example.com/served';
    const good = moduleZip(
      { module, version: 'v1.0.0' },
      { 'go.mod': `module ${module}\n`, 'a.bin': Buffer.alloc(2e6, 1) },
    );
    const bad = moduleZip(
      { module, version: 'v1.0.0' },
      { 'go.mod': `module ${module}\n`, 'a.bin': Buffer.alloc(2e6, 2) },
    );
    upstream.add(module, 'v1.0.0', { zip: good });
    const path = `${module}/@v/v1.0.0.zip`;
    expect((await get(`${module}/@v/v1.0.0.info`)).status).toBe(200);
    expect((await get(path)).status).toBe(200);
    await write(path, bad);
    await settle();

    const mended = new AbortController();
    const clients = [0, 1].map(async (gateway) => {
      const seen: string[] = [];
      // The last of them looks after it is mended.
      for (let last = false; !last;) {
        last = mended.signal.aborted;
        const { status, bytes } = await get(path, gateway);
        seen.push(bytes.equals(good) ? 'good' : bytes.equals(bad) ? 'bad' : `${status}`);
      }
      return seen;
    });
    const { code, err } = await verify(module, '--repair').finally(() => mended.abort());
    expect(err).toMatch(/1 found, 1 mended/);
    expect(code).toBe(0);
    for (const seen of await Promise.all(clients)) expect(seen.join(' ')).toMatch(/^(bad )*(good ?)+$/);
    expect((await get(path)).bytes.equals(good)).toBe(true);
  });

  it('finds by the database what was stored while verification was off, and ends its service', async () => {
    const module = 'example.com/unverified';
    const path = `${module}/@v/v1.0.0.zip`;
    upstream.add(module, 'v1.0.0', { files: FILES });
    await ask(`${upstream.url}/sumdb/sum.test/lookup/${module}@v1.0.0`);
    upstream.add(module, 'v1.0.0', { files: { 'a.go': 'package evil\n' } });
    // Over the same storage, with a queue of its own.
    const lax = { STOA_VERIFY: 'off', STOA_QUEUE_PREFIX: 'lax' };
    const [worker, gateway] = await Promise.all([stack.addWorker(lax), stack.addGateway(lax)]);
    for (const kind of ['zip', 'info'])
      expect((await ask(`${gateway.url}/${path.replace('zip', kind)}`)).status).toBe(200);
    await Promise.all([worker.kill(), gateway.kill()]);
    expect((await get(path)).status).toBe(200);

    expect((await verify(module, '--offline')).code).toBe(0);
    const lies = /^example\.com\/unverified@v1\.0\.0: zip damaged: stored: h1:\S+, sum\.test: h1:\S{44}/;
    expect(await verify(module)).toMatchObject({
      code: 1,
      lines: expect.arrayContaining([expect.stringMatching(lies)]),
    });
    // The source still lies: what it has is refused, so the zip is not served at all.
    expect(await verify(module, '--repair')).toMatchObject({
      code: 1,
      lines: expect.arrayContaining([expect.stringMatching(/quarantined: .*SECURITY ERROR/)]),
    });
    expect((await get(path)).status).toBe(403);
    expect(await quarantined(module)).toContain('v1.0.0.zip');
  });
});
