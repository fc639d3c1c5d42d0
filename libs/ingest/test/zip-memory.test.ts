import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ModuleVersion } from '#libs/protocol';
import { craftZip, type CraftedEntry } from './support/crafted-zip.js';
import { Judge } from './support/judge.js';
import { file, GO_MOD, LIMIT, noise, VERSION, withMod } from './support/zip-case.js';

const TOOLCHAIN = { module: 'golang.org/toolchain', version: 'v0.0.1-go1.99.1.linux-amd64' };
/** Bytes that a check may take beyond a process that has checked a small zip. */
const MEMORY = 16 << 20;

let dir: string;
let judge: Judge;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stoa-memory-'));
  judge = new Judge();
}, 180_000);
afterAll(async () => {
  judge.close();
  await rm(dir, { recursive: true });
});

async function write(name: string, zip: Buffer): Promise<string> {
  const path = join(dir, name);
  await writeFile(path, zip);
  return path;
}

interface Checked {
  /** The hash, or why the zip is refused. */
  readonly said: string;
  /** Bytes of memory that the check took, at most. */
  readonly memory: number;
}

/** Checks a zip in a process of its own, by the built thread, and says what it took beyond a small one. */
async function check(path: string, version: ModuleVersion): Promise<Checked> {
  const small = await write('first.zip', craftZip([GO_MOD]));
  const built = pathToFileURL(join(import.meta.dirname, '../../../dist/libs/ingest/src/zip/zip-checker.js'));
  const program = `
    import { ZipChecker } from '${built.href}';
    const checker = new ZipChecker(1);
    await checker.check(process.argv[1], ${JSON.stringify(VERSION)});
    const before = process.resourceUsage().maxRSS;
    const said = await checker.check(process.argv[2], ${JSON.stringify(version)}).then(({ hash }) => hash, (error) => error.message);
    console.log(JSON.stringify({ said, memory: (process.resourceUsage().maxRSS - before) * 1024 }));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program, small, path]);
  return JSON.parse(stdout) as Checked;
}

/** 160 MiB that deflate to 160 KiB. */
const HUGE = Buffer.alloc(160 << 20);

it.each<[string, CraftedEntry]>([
  ['deflated', file('huge', { content: HUGE })],
  ['stored', file('huge', { content: HUGE, method: 0 })],
])(
  'hashes an entry of 160 MiB, %s, in little memory',
  async (name, entry) => {
    const path = await write(`${name}.zip`, withMod(entry));
    const { said, memory } = await check(path, VERSION);
    expect(said).toBe(judge.hash(path));
    expect(memory).toBeLessThan(MEMORY);
  },
  60_000,
);

it.each<[string, RegExp, CraftedEntry]>([
  ['small', /has another size/, file('bomb', { content: HUGE, both: { size: 10 } })],
  ['just under 500 MiB', /has another size/, file('bomb', { content: HUGE, both: { size: LIMIT - 100 } })],
  ['over 500 MiB', /total uncompressed size/, file('bomb', { content: HUGE, both: { size: LIMIT } })],
])(
  'refuses a bomb of 160 MiB that is declared %s in little memory',
  async (name, reason, entry) => {
    const { said, memory } = await check(await write(`${name}.zip`, withMod(entry)), VERSION);
    expect(said).toMatch(reason);
    expect(memory).toBeLessThan(MEMORY);
  },
  60_000,
);

it('hashes a toolchain of many MiB in little memory, as x/mod does', async () => {
  const prefix = `${TOOLCHAIN.module}@${TOOLCHAIN.version}/`;
  const binary = (name: string, megabytes: number): CraftedEntry => ({
    name: prefix + name,
    content: noise(megabytes << 20),
  });
  const path = await write(
    'toolchain.zip',
    craftZip([
      { name: `${prefix}_go.mod`, content: 'module std\n' },
      ...Array.from({ length: 2_000 }, (_, i) => ({ name: `${prefix}src/p${i}/a.go`, content: `package p${i}\n` })),
      binary('bin/go', 13),
      binary('pkg/tool/compile', 25),
      binary('pkg/tool/link', 8),
      binary('bin/gofmt', 3),
    ]),
  );
  const { said, memory } = await check(path, TOOLCHAIN);
  expect(said).toBe(judge.hash(path));
  expect(memory).toBeLessThan(MEMORY);
});
