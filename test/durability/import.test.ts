import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { FsObjectStore, moduleKey, parseIndexKey, readBody, receiptKey } from '#libs/storage';
import { athensFiles } from '../support/athens-files.js';
import { startCommand, type RunningCommand } from '../support/command.js';
import { writeFiles } from '../support/data-dir.js';
import type { Plan } from './dying-worker.js';

const DYING = new URL('dying-worker.ts', import.meta.url).href;
/** So many files that they are synced together, in folders of one and of several versions. */
const VERSIONS = [
  { module: 'example.com/one', version: 'v1.0.0' },
  { module: 'example.com/two', version: 'v1.0.0' },
  { module: 'example.com/two', version: 'v1.1.0' },
];
const LISTS = ['example.com/one/@v/list', 'example.com/two/@v/list'];

const folder = await mkdtemp(join(tmpdir(), 'stoa-dying-import-'));
afterAll(() => rm(folder, { recursive: true }));
const source = join(folder, 'source');
for (const { module, version } of VERSIONS) await writeFiles(source, athensFiles(module, version));
const steps = await learn();

describe.concurrent('an import that is killed while it stores leaves whole files, and goes on: before', () => {
  it.each(steps.map((name, step) => [step, name] as const))('step %i: %s', async (step) => {
    const killed = start(`${step}`, step);
    await killed.end;
    // Versions of one millisecond share a folder of the index: then the last steps are not there.
    if (killed.child.signalCode !== 'SIGKILL') expect((await stepsOf(`${step}`)).length).toBeLessThanOrEqual(step);
    await look(`${step}`);

    expect(await start(`${step}`, null).end).toMatchObject({ code: 0 });
    expect((await look(`${step}`)).size).toBe(VERSIONS.length * 5 + LISTS.length);
  });
});

/** Lets an import come to its end, and gives its steps. */
async function learn(): Promise<string[]> {
  expect(await start('all', null).end).toMatchObject({ code: 0 });
  return stepsOf('all');
}

async function stepsOf(name: string): Promise<string[]> {
  const text = await readFile(join(folder, `${name}.steps`), 'utf8');
  return text
    .replaceAll(/\d{4}-[\d-]+T[\d:.]+Z/g, 'time')
    .trimEnd()
    .split('\n');
}

function start(name: string, last: number | null): RunningCommand {
  const data = join(folder, name);
  const plan: Plan = { steps: `${data}.steps`, last, root: join(data, 'storage') };
  return startCommand(['import', source, '--quiet'], {
    STOA_DATA_DIR: data,
    STOA_REDIS_URL: `unix://${folder}/no-redis`,
    STOA_GO_BINARY: 'no-go',
    NODE_OPTIONS: `--import=${DYING}`,
    DYING_WORKER: JSON.stringify(plan),
  });
}

/** Gives what is stored. Fails when something of it is not whole and true, is there too soon, or should not be. */
async function look(name: string): Promise<Set<string>> {
  const store = new FsObjectStore({ root: join(folder, name, 'storage') });
  const stored = new Set<string>();
  for await (const { key } of store.list('')) stored.add(key);
  const entries = new Map([...stored].map((key) => [key, parseIndexKey(key)] as const));
  const known = new Set(LISTS);
  for (const version of VERSIONS) {
    const { module, version: number } = version;
    const truth = athensFiles(module, number);
    const files = { mod: 'go.mod', info: `${number}.info`, zip: 'source.zip' };
    const keys = Object.keys(files).map((kind) => moduleKey({ kind: kind as keyof typeof files, ...version }));
    for (const [at, file] of Object.values(files).entries()) {
      const kept = await store.get(keys[at]!);
      if (kept)
        expect((await readBody(kept.body)).equals(Buffer.from(truth[`${module}/${number}/${file}`]!))).toBe(true);
    }
    const entry = [...entries].find(([, of]) => of?.module === module && of.version === number)?.[0];
    const inOrder = [...keys, receiptKey(version), ...(entry === undefined ? [] : [entry])];
    const there = inOrder.filter((key) => stored.has(key));
    expect(there).toEqual(inOrder.slice(0, there.length));
    for (const key of inOrder) known.add(key);
  }
  expect([...stored].filter((key) => !known.has(key))).toEqual([]);
  return stored;
}
