import { expect, it } from 'vitest';
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
  return { asked, name: 'sum.test', client: { checksums } };
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

it('knows nothing without a database', async () => {
  expect(await createFindChecksums(null, '')({ module: 'example.com/m', version: 'v1.0.0' }, signal)).toBeNull();
});
