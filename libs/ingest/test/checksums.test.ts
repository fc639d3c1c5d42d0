import { once } from 'node:events';
import { expect, it } from 'vitest';
import type { ModuleVersion } from '#libs/protocol';
import { createFindChecksums } from '../src/checksums.js';

const { signal } = new AbortController();
const CHECKSUMS = { zip: 'h1:zip', goMod: 'h1:mod' };

/** A database, and what it was asked. */
function database() {
  const asked: string[] = [];
  const checksums = ({ module }: { module: string }) => {
    asked.push(module);
    return Promise.resolve(CHECKSUMS);
  };
  return { asked, name: 'sum.test', limit: 60_000, client: { checksums } };
}

it('says what the database says, and which one that is', async () => {
  const find = createFindChecksums(database(), '');
  expect(await find({ module: 'example.com/m', version: 'v1.0.0' }, signal)).toEqual({
    ...CHECKSUMS,
    database: 'sum.test',
  });
});

it.each(['git.corp.example', 'git.corp.example/team/m', 'github.com/acme/m/v2'])(
  'never asks for %s',
  async (module) => {
    const one = database();
    const find = createFindChecksums(one, '*.corp.example,github.com/acme/*');
    expect(await find({ module, version: 'v1.0.0' }, signal)).toBeNull();
    expect(one.asked).toEqual([]);
  },
);

it('asks for toolchains whatever the patterns are, as go does', async () => {
  const one = database();
  await createFindChecksums(one, 'golang.org,*')({ module: 'golang.org/toolchain', version: 'v0.0.1' }, signal);
  expect(one.asked).toEqual(['golang.org/toolchain']);
});

/** Says nothing as long as it is listened to. */
async function silence(_: ModuleVersion, ends: AbortSignal): Promise<never> {
  await once(ends, 'abort');
  throw ends.reason as Error;
}

it('gives a database that says nothing up after its time', async () => {
  const find = createFindChecksums({ name: 'sum.test', limit: 20, client: { checksums: silence } }, '');
  await expect(find({ module: 'example.com/m', version: 'v1.0.0' }, signal)).rejects.toMatchObject({
    kind: 'timeout',
    message: 'example.com/m@v1.0.0: the checksum database sum.test does not answer within 0.02 s',
  });
});

it('ends with the job that asks', async () => {
  const job = new AbortController();
  const find = createFindChecksums({ name: 'sum.test', limit: 60_000, client: { checksums: silence } }, '');
  const found = find({ module: 'example.com/m', version: 'v1.0.0' }, job.signal);
  job.abort(new Error('given back'));
  await expect(found).rejects.toThrow('given back');
});
