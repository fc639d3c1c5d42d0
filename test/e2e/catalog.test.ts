import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { receiptKey } from '#libs/storage';
import { ask } from '../support/ask.js';
import { startStack, type Stack } from '../support/stack.js';
import { writeStored } from '../support/storage-folder.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';

interface Page {
  readonly modules: readonly { readonly module: string; readonly version: string }[];
  readonly next: string;
}

let upstream: FakeUpstream;
let stack: Stack;

beforeAll(async () => {
  upstream = await startUpstream();
  stack = await startStack({ gateways: 2, env: { GOPROXY: upstream.url } });
});
afterAll(async () => {
  await stack.close();
  await upstream.close();
});

const catalog = (query = '', gateway = 0, init?: RequestInit) =>
  ask(`${stack.gateways[gateway]?.url}/catalog${query}`, init);
const page = async (query = '', gateway = 0) => JSON.parse((await catalog(query, gateway)).text) as Page;
const names = ({ modules }: Page) => modules.map(({ module, version }) => `${module}@${version}`);

/** Writes the receipt of a version, as an import does. */
const enter = (module: string, version: string) => writeStored(stack, receiptKey({ module, version }), '{}\n');

describe('the catalog', () => {
  it('is one empty page at first', async () => {
    const answer = await catalog();
    expect([answer.status, answer.text]).toEqual([200, '{"modules":[],"next":""}']);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(answer.headers.get('cache-control')).toMatch(/^public, max-age=\d$/);
  });

  it('has the versions that are whole', async () => {
    upstream.add('example.com/Whole', 'v1.0.0-RC1').add('example.com/part', 'v1.0.0');
    for (const path of ['!whole/@v/v1.0.0-!r!c1.info', '!whole/@v/v1.0.0-!r!c1.zip', 'part/@v/v1.0.0.mod'])
      expect((await ask(`${stack.url}/example.com/${path}`)).status).toBe(200);
    expect(await page()).toEqual({ modules: [{ module: 'example.com/Whole', version: 'v1.0.0-RC1' }], next: '' });
  });

  it.each([1, 2, 7, 100])(
    'has each version once on pages of %i, at any gateway, while others are added',
    async (size) => {
      const expected = new Set(names(await page()));
      for (const module of ['example.com/a', 'example.com/a-b', 'example.com/a/b', 'example.com/A', 'zoo.example/z'])
        for (const version of ['v1.0.0', 'v1.1.0', 'v2.0.0+incompatible']) {
          await enter(module, version);
          expected.add(`${module}@${version}`);
        }
      const seen: string[] = [];
      let next = '';
      for (let pages = 0; pages < 100; pages++) {
        const found = await page(`?pagesize=${size}&token=${next}`, pages % 2);
        expect(found.modules.length).toBeLessThanOrEqual(size);
        seen.push(...names(found));
        next = found.next;
        if (pages < 9) await enter('example.com/added', `v1.${size}.${pages}`);
        if (next === '') break;
      }
      expect(next).toBe('');
      expect(new Set(seen).size).toBe(seen.length);
      expect([...expected].filter((name) => !seen.includes(name))).toEqual([]);
    },
  );

  it('has pages of at most 1000', async () => {
    for (let n = 0; n < 1001; n++) await enter('example.com/many', `v1.${n}.0`);
    for (const query of ['', '?pagesize=', '?pagesize=1000', '?pagesize=50000']) {
      const first = await page(query);
      expect(first.modules).toHaveLength(1000);
      expect((await page(`?token=${first.next}`)).modules.length).toBeGreaterThan(0);
    }
  });

  it('has headers alone for HEAD', async () => {
    const answer = await catalog('', 0, { method: 'HEAD' });
    expect([answer.status, answer.headers.get('content-type'), answer.text]).toEqual([200, 'application/json', '']);
  });

  it('is served while Redis is away', async () => {
    const own = await startStack({ workers: 0, env: { GOPROXY: upstream.url } });
    await writeStored(own, receiptKey({ module: 'example.com/kept', version: 'v1.0.0' }), '{}\n');
    await own.redis.stop();
    expect(JSON.parse((await ask(`${own.url}/catalog`)).text)).toMatchObject({
      modules: [{ module: 'example.com/kept', version: 'v1.0.0' }],
    });
    await own.close();
  });

  it.each([
    '?pagesize=0',
    '?pagesize=-5',
    '?pagesize=1.5',
    '?pagesize=all',
    '?token=!',
    '?token=bm9uc2Vuc2U',
    `?token=${Buffer.from('../../etc@v1.0.0').toString('base64url')}`,
    `?token=${Buffer.from('example.com/a@master').toString('base64url')}`,
    `?token=${Buffer.from('example.com/a@v1.0.0').toString('base64url')}A`,
    `?token=${'A'.repeat(5000)}`,
  ])('refuses %s with 400 in one line', async (query) => {
    const answer = await catalog(query);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([400, 'text/plain; charset=utf-8']);
    expect(answer.text).toMatch(/^bad request: [^\n]+\n$/);
  });
});
