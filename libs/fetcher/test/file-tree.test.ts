import { chmod, mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { moduleZip } from '../../../test/support/module-zip.js';
import { context, fetcher, folder, refusal } from './fetching.js';

const VERSION = { module: 'github.com/Azure/x', version: 'v1.0.0-RC1' };
const BASE = 'github.com/!azure/x/@v';
const ZIP = moduleZip(VERSION, { 'go.mod': 'module github.com/Azure/x\n' });

async function tree(files: Record<string, string | Buffer>) {
  const root = join(await folder(), 'a tree');
  await mkdir(root);
  for (const [name, body] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), body);
  }
  return { root, fetch: fetcher({ GOPROXY: pathToFileURL(root).href }), job: await context() };
}

const NOBODY = 65_534;

/** Does something without the rights of root, who may read everything. */
async function unprivileged<T>(work: () => Promise<T>): Promise<T> {
  const user = process.geteuid?.() ?? NOBODY;
  if (user === 0) process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    if (user === 0) process.seteuid?.(user);
  }
}

describe('a file:// proxy', () => {
  test('gives every file of its tree', async () => {
    const { fetch, job } = await tree({
      [`${BASE}/list`]: 'v1.0.0-RC1\n',
      [`${BASE}/v1.0.0-!r!c1.info`]: '{"Version":"v1.0.0-RC1"}',
      [`${BASE}/v1.0.0-!r!c1.mod`]: 'module github.com/Azure/x\n',
      [`${BASE}/v1.0.0-!r!c1.zip`]: ZIP,
      [`${BASE}/main.info`]: '{"Version":"v1.0.0-RC1"}',
    });
    expect(await fetch.list(VERSION.module, job)).toEqual(['v1.0.0-RC1']);
    expect(await fetch.info(VERSION, job)).toEqual({ bytes: Buffer.from('{"Version":"v1.0.0-RC1"}'), source: 'file' });
    expect((await fetch.mod(VERSION, job)).bytes.toString()).toBe('module github.com/Azure/x\n');
    expect((await fetch.resolve(VERSION.module, 'main', job)).source).toBe('file');
    const { zip } = await fetch.zip(VERSION, job);
    expect(zip).toMatchObject({ size: ZIP.length, source: 'file' });
    expect(dirname(zip.path)).toBe(job.scratch);
    expect(await readFile(zip.path)).toEqual(ZIP);
  });

  test('may be a module cache, which lists pseudo-versions and has no @latest', async () => {
    const newest = 'v0.0.0-20240301000000-aaaaaaaaaaaa';
    const { fetch, job } = await tree({
      'example.com/m/@v/list': `v0.0.0-20240201000000-bbbbbbbbbbbb\n${newest}\n`,
      [`example.com/m/@v/${newest}.info`]: JSON.stringify({ Version: newest }),
    });
    expect(JSON.parse((await fetch.latest('example.com/m', job)).bytes.toString())).toEqual({ Version: newest });
  });

  test('does not find what it has not, and lets the next source be asked', async () => {
    const { root, fetch, job } = await tree({ 'example.com/m': 'a file where a folder should be' });
    expect(await refusal(fetch.info(VERSION, job))).toEqual({
      kind: 'not-found',
      message: 'github.com/Azure/x@v1.0.0-RC1: not found in the upstream',
    });
    expect((await refusal(fetch.list('example.com/m', job))).kind).toBe('not-found');
    const both = fetcher({ GOPROXY: `${pathToFileURL(root).href},off` });
    expect((await refusal(both.list('example.com/m', job))).message).toContain('GOPROXY=off');
  });

  test('refuses what is no file, is nonsense or too large', async () => {
    const { root, job } = await tree({
      [`${BASE}/v1.0.0-!r!c1.mod`]: 'nonsense',
      [`${BASE}/v1.0.0-!r!c1.zip`]: ZIP,
      [`${BASE}/list/x`]: '',
    });
    const fetch = fetcher({ GOPROXY: pathToFileURL(root).href, limits: { zipSize: 100, textSize: 100 } });
    expect((await refusal(fetch.mod(VERSION, job))).kind).toBe('upstream');
    expect((await refusal(fetch.list(VERSION.module, job))).kind).toBe('upstream');
    expect((await refusal(fetch.zip(VERSION, job))).kind).toBe('not-found');
    await truncate(join(root, `${BASE}/v1.0.0-!r!c1.mod`), 101);
    expect((await refusal(fetch.mod(VERSION, job))).message).toContain('too large');
  });

  test('forbids what its owner lets nobody read, as go does', async () => {
    const names = ['list', 'v1.0.0-!r!c1.mod', 'v1.0.0-!r!c1.zip'];
    const { root, fetch, job } = await tree(Object.fromEntries(names.map((name) => [`${BASE}/${name}`, ZIP])));
    for (const name of names) await chmod(join(root, BASE, name), 0);
    for (const open of [dirname(root), job.scratch]) await chmod(open, 0o777);
    const refusals = await unprivileged(() =>
      Promise.all([fetch.list(VERSION.module, job), fetch.mod(VERSION, job), fetch.zip(VERSION, job)].map(refusal)),
    );
    const message = 'github.com/Azure/x@v1.0.0-RC1: the upstream does not let this worker read it';
    expect(refusals).toEqual([
      { kind: 'forbidden', message: message.replace('@v1.0.0-RC1', '') },
      { kind: 'forbidden', message },
      { kind: 'forbidden', message },
    ]);
  });

  test('serves a checksum database when it holds one', async () => {
    const { fetch, job } = await tree({ 'sumdb/sum.example/supported': '', 'sumdb/sum.example/latest': 'tree' });
    expect((await fetch.sumdb({ name: 'sum.example' }, 'latest', job)).bytes.toString()).toBe('tree');
    expect((await refusal(fetch.sumdb({ name: 'sum.example' }, '../../latest', job))).kind).toBe('not-found');
  });
});
