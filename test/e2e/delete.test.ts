import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.js';
import { runCommand, settingsBeside } from '../support/command.js';
import { startStack, type Stack } from '../support/stack.js';
import { readStored } from '../support/storage-folder.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';

let upstream: FakeUpstream;
let stack: Stack;

beforeAll(async () => {
  upstream = await startUpstream();
  stack = await startStack({ gateways: 2, env: { GOPROXY: upstream.url } });
});
afterAll(async () => {
  await stack?.close();
  await upstream?.close();
});

const stoa = (...words: string[]) => runCommand(words, settingsBeside(stack, { GOPROXY: upstream.url }));
const get = (path: string, gateway = 0) => ask(`${stack.gateways[gateway]!.url}/${path}`);
const both = async (path: string) => Promise.all([get(path, 0), get(path, 1)]);
const KINDS = ['info', 'mod', 'zip'];

/** Both gateways have served all of a version, and have it in memory. */
async function know(module: string, version = 'v1.0.0'): Promise<void> {
  for (const kind of KINDS)
    for (const { status } of await both(`${module}/@v/${version}.${kind}`)) expect(status).toBe(200);
}

/** Both gateways have heard of it. */
async function told(key: string): Promise<void> {
  for (const { log } of stack.gateways)
    await expect
      .poll(() => log.some(({ msg, keys }) => msg === 'forgotten' && (keys as string[]).includes(key)))
      .toBe(true);
}

describe('stoa delete', () => {
  it('makes all gateways forget a version, which is new then', async () => {
    const module = 'example.com/one';
    upstream.add(module, 'v1.0.0', { files: { 'a.go': 'package first\n' } }).add(module, 'v1.1.0');
    await know(module);
    await know(module, 'v1.1.0');
    for (const { text } of await both(`${module}/@v/list`)) expect(text).toBe('v1.0.0\nv1.1.0\n');
    const before = await get(`${module}/@v/v1.0.0.zip`);

    const { code, lines, err } = await stoa('delete', `${module}@v1.0.0`, '--yes');
    expect(err).toBe('stoa: deleted example.com/one@v1.0.0: 1 version, 6 objects\n');
    expect(code).toBe(0);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        process: 'delete',
        user: expect.stringMatching(/./),
        target: `${module}@v1.0.0`,
        versions: ['v1.0.0'],
        keys: expect.arrayContaining([`${module}/@v/v1.0.0.zip`, `.meta/receipts/${module}/@v/v1.0.0.json`]),
        msg: 'deleted by an operator',
      },
    ]);
    await told(`${module}/@v/v1.0.0.zip`);
    for (const { text } of await both(`${module}/@v/list`)) expect(text).toBe('v1.1.0\n');

    // The receipt pinned the first content: what the source has now would be refused.
    upstream.add(module, 'v1.0.0', { files: { 'a.go': 'package second\n' } });
    for (const { status, bytes } of await both(`${module}/@v/v1.0.0.zip`)) {
      expect(status).toBe(200);
      expect(bytes.equals(before.bytes)).toBe(false);
    }
    // Younger than STOA_LIST_TTL, the list names it again.
    const lists = async () => (await both(`${module}/@v/list`)).map(({ text }) => text);
    await expect.poll(lists).toEqual(['v1.0.0\nv1.1.0\n', 'v1.0.0\nv1.1.0\n']);
    expect((await get(`${module}/@v/v1.1.0.info`)).headers.get('x-stoa-cache')).toMatch(/memory|storage/);
  });

  it('deletes a module with all that is known of it', async () => {
    const module = 'example.com/Whole';
    const escaped = 'example.com/!whole';
    upstream.add(module, 'v1.0.0').add(module, 'v1.1.0').addRevision(module, 'main', { Version: 'v1.1.0' });
    await know(escaped);
    await know(escaped, 'v1.1.0');
    const answers = [`${escaped}/@v/list`, `${escaped}/@latest`, `${escaped}/@v/main.info`];
    for (const path of answers) for (const { status } of await both(path)) expect(status).toBe(200);

    expect(await stoa('delete', module, '--yes')).toMatchObject({
      code: 0,
      err: 'stoa: deleted example.com/Whole: 2 versions, 13 objects\n',
    });
    await told(`${escaped}/@v/list`);
    for (const path of [...answers, ...KINDS.map((kind) => `${escaped}/@v/v1.0.0.${kind}`)])
      for (const { url } of stack.gateways) expect((await ask(`${url}/cached-only/${path}`)).status).toBe(404);
    for (const { text } of await both('catalog')) expect(text).not.toContain(module);
    expect((await get(answers[0]!)).text).toBe('v1.0.0\nv1.1.0\n');
  });

  it('takes a refusal back, though nothing of it is stored', async () => {
    const path = 'example.com/late/@v/v1.0.0.mod';
    for (const { status } of await both(path)) expect(status).toBe(404);
    upstream.add('example.com/late', 'v1.0.0');
    for (const { headers } of await both(path)) expect(headers.get('x-stoa-cache')).toBe('negative');
    expect(await stoa('delete', 'example.com/late@v1.0.0', '--yes')).toMatchObject({
      code: 1,
      lines: [],
      err: 'stoa: nothing of example.com/late@v1.0.0 is stored\n',
    });
    await told(path);
    for (const { status } of await both(path)) expect(status).toBe(200);
  });

  it('asks first, and takes no answer for a no', async () => {
    expect(await stoa('delete', 'example.com/late')).toMatchObject({
      code: 2,
      lines: [],
      err: 'stoa: this is no terminal to ask at: add --yes\n',
    });
    expect((await stoa('delete', 'example.com/late@latest', '--yes')).code).toBe(2);
    expect(await readStored(stack, 'example.com/late/@v/v1.0.0.mod')).not.toBeNull();
  });

  it('deletes nothing that it can not tell the gateways of', async () => {
    await stack.redis.stop();
    const { code, err } = await stoa('delete', 'example.com/late', '--yes');
    expect([code, err]).toEqual([1, expect.stringMatching(/nothing was deleted: Redis does not answer/)]);
    expect(await readStored(stack, 'example.com/late/@v/v1.0.0.mod')).not.toBeNull();
    expect((await stoa('delete', 'example.com/late', '--yes', '--no-gateways')).code).toBe(0);
    expect(await readStored(stack, 'example.com/late/@v/v1.0.0.mod')).toBeNull();
    await stack.redis.start();
  });
});
