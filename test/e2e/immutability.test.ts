import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, metric } from '../support/ask.js';
import { moduleZip } from '../support/module-zip.js';
import { startStack, type Stack } from '../support/stack.js';
import { age, readStored } from '../support/storage-folder.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';

const HOUR = 3_600_000;
const INFO = `{
  "Time": "2024-01-02T05:04:05.25+02:00", "Version": "v1.0.0",
  "Origin": { "VCS": "git", "URL": "https://example.com/r", "Hash": "0123456789abcdef", "Ref": "refs/tags/v1.0.0" }
}`;

let upstream: FakeUpstream;
let stack: Stack;

beforeAll(async () => {
  upstream = await startUpstream();
  const env = { STOA_MEMORY_CACHE: '0', STOA_NOT_FOUND_TTL: '1s', STOA_REFRESH_WAIT: '60s' };
  stack = await startStack({ env: { GOPROXY: upstream.url, ...env } });
});
afterAll(async () => {
  await stack.close();
  await upstream.close();
});

const get = (path: string) => ask(`${stack.url}${path}`);
const askFiles = (module: string, version: string) =>
  Promise.all(['info', 'mod', 'zip'].map((kind) => get(`/${module}/@v/${version}.${kind}`)));
const moved = () => metric(stack.workers[0]?.ops ?? '', 'stoa_verifications_total', { result: 'moved-tag' });
const warnings = (module: string) =>
  stack.workers[0]?.log.filter((line) => line['level'] === 'warn' && line['module'] === module) ?? [];

describe('a version', () => {
  it('is what the source first said, byte for byte, whatever it says later', async () => {
    const mod = '// first\r\n\nmodule example.com/first // really\n\n\ngo 1.21';
    upstream.add('example.com/first', 'v1.0.0', { info: INFO, mod });
    const first = await askFiles('example.com/first', 'v1.0.0');
    expect(first.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect([first[0]?.text, first[1]?.text]).toEqual([INFO, mod]);
    upstream.add('example.com/first', 'v1.0.0', {
      mod: 'module example.com/first\n',
      files: { 'a.go': 'package a\n' },
    });
    expect((await askFiles('example.com/first', 'v1.0.0')).map(({ bytes }) => bytes)).toEqual(
      first.map(({ bytes }) => bytes),
    );
  });

  it('without a go.mod has the one that go makes up, whichever file is asked first', async () => {
    for (const [module, kinds] of [
      ['example.com/modless1', ['zip', 'mod']],
      ['example.com/modless2', ['mod', 'zip']],
    ] as const) {
      upstream.add(module, 'v1.0.0', { zip: moduleZip({ module, version: 'v1.0.0' }, { 'a.go': 'package a\n' }) });
      for (const kind of kinds) expect((await get(`/${module}/@v/v1.0.0.${kind}`)).status).toBe(200);
      expect((await get(`/${module}/@v/v1.0.0.mod`)).text).toBe(`module ${module}\n`);
    }
  });

  it('whose tag moved between .mod and zip is refused, logged and counted; the .mod stays', async () => {
    upstream.add('example.com/moved', 'v1.0.0');
    expect((await get('/example.com/moved/@v/v1.0.0.info')).status).toBe(200);
    upstream.add('example.com/moved', 'v1.0.0', { mod: 'module example.com/moved\n\ngo 1.30\n' });
    const before = await moved();
    const zip = await get('/example.com/moved/@v/v1.0.0.zip');
    expect([zip.status, zip.text]).toEqual([
      403,
      'forbidden: example.com/moved@v1.0.0: the source gives other content than is stored: its tag was moved\n',
    ]);
    expect(await moved()).toBe(before + 1);
    await expect.poll(() => warnings('example.com/moved')).toEqual([expect.objectContaining({ version: 'v1.0.0' })]);
    expect((await get('/example.com/moved/@v/v1.0.0.mod')).text).toBe('module example.com/moved\n');
    expect(await readStored(stack, 'example.com/moved/@v/v1.0.0.zip')).toBeNull();
  });

  it('whose tag moved between zip and .info is refused, logged and counted; zip and .mod stay', async () => {
    upstream.add('example.com/moved2', 'v1.0.0', { info: null });
    expect((await get('/example.com/moved2/@v/v1.0.0.zip')).status).toBe(200);
    expect((await get('/example.com/moved2/@v/v1.0.0.info')).status).toBe(404);
    upstream.add('example.com/moved2', 'v1.0.0', { mod: 'module example.com/moved2\n\ngo 1.30\n' });
    const before = await moved();
    await expect.poll(async () => (await get('/example.com/moved2/@v/v1.0.0.info')).status).toBe(403);
    expect(await moved()).toBe(before + 1);
    await expect.poll(() => warnings('example.com/moved2')).toHaveLength(1);
    expect((await get('/example.com/moved2/@v/v1.0.0.mod')).text).toBe('module example.com/moved2\n');
    expect((await get('/example.com/moved2/@v/v1.0.0.zip')).status).toBe(200);
  });

  it('whose tag is gone stays listed, and is served', async () => {
    for (const version of ['v1.0.0', 'v1.1.0', 'v1.2.0']) upstream.add('example.com/gone', version);
    upstream.addList('example.com/gone', ['v1.0.0', 'v1.1.0']);
    for (const file of ['@v/list', '@latest', '@v/v1.2.0.info', '@v/v1.2.0.zip'])
      await get(`/example.com/gone/${file}`);
    const files = ['info', 'mod', 'zip'].map((kind) => `/example.com/gone/@v/v1.2.0.${kind}`);
    for (const file of files) upstream.addFile(file, null);
    upstream.addList('example.com/gone', ['v1.0.0']);
    await age(stack, 'example.com/gone/@v/list', HOUR);
    const list = await get('/example.com/gone/@v/list');
    expect([list.text, list.headers.get('x-stoa-cache')]).toEqual(['v1.0.0\nv1.1.0\nv1.2.0\n', 'fetched']);
    for (const file of files) expect((await get(file)).status).toBe(200);
  });

  it('of a module that the upstream forgot stays listed, is latest, and is served', async () => {
    upstream.add('example.com/forgotten', 'v1.0.0').add('example.com/forgotten', 'v1.1.0', {
      mod: 'module example.com/forgotten\n\nretract v1.1.0 // oops\n',
    });
    for (const version of ['v1.0.0', 'v1.1.0']) await get(`/example.com/forgotten/@v/${version}.zip`);
    for (const version of ['v1.0.0', 'v1.1.0']) await get(`/example.com/forgotten/@v/${version}.info`);
    upstream.addList('example.com/forgotten', null).addLatest('example.com/forgotten', null);
    expect((await get('/example.com/forgotten/@v/list')).text).toBe('v1.0.0\nv1.1.0\n');
    expect(JSON.parse((await get('/example.com/forgotten/@latest')).text)).toMatchObject({ Version: 'v1.0.0' });
    for (const kind of ['info', 'mod', 'zip'])
      expect((await get(`/example.com/forgotten/@v/v1.1.0.${kind}`)).status).toBe(200);
  });
});
