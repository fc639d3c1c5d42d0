import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveStorage, type TestServer } from '../../../test/support/storage-servers.js';

const MiB = 1024 * 1024;
const TOKEN = 'the-token';

let folder: string;
let server: TestServer;
const logged: Record<string, unknown>[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stoa-served-'));
  server = await serveStorage({ STOA_DATA_DIR: join(folder, 'data'), STOA_EXTERNAL_TOKEN: TOKEN }, log());
});
afterAll(async () => {
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

function log(): pino.Logger {
  const lines = new Writable({
    write(line, _encoding, done) {
      logged.push(JSON.parse(String(line)) as Record<string, unknown>);
      done();
    },
  });
  return pino({ formatters: { level: (level) => ({ level }) } }, lines);
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

async function ask(method: string, path: string, headers: Record<string, string> = {}, body = ''): Promise<Answer> {
  const response = await fetch(server.url + path, {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, ...headers },
    ...(method === 'PUT' && { body }),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

const object = (key: string): string => `/-/objects/${key}`;
const CREATE = { 'if-none-match': '*' };

function partHead(name: string): string {
  return `--b\r\nContent-Disposition: form-data; name="mod.${name}"; filename="mod.${name}"\r\n\r\n`;
}

/** The end of a form. */
const END = '--b--\r\n';

function contentOf(n: number) {
  return { 'mod.info': '{}', 'mod.mod': 'module m\n', 'mod.zip': String(n).repeat(500_000) };
}

describe('a storage server', () => {
  it('wants its token of everybody but the probes', async () => {
    for (const authorization of ['', 'Bearer', 'Bearer wrong', `Basic ${TOKEN}`]) {
      for (const path of ['/-/objects?limit=0', object('a/x'), '/example.com/a/@v/list'])
        expect((await ask('GET', path, { authorization })).status, `${authorization} ${path}`).toBe(401);
      expect((await ask('PUT', object('a/x'), { authorization }, 'x')).status).toBe(401);
    }
    for (const path of ['/healthz', '/readyz', '/version'])
      expect((await ask('GET', path, { authorization: '' })).status).toBe(200);
  });

  it('creates once, replaces, and says which of both it did', async () => {
    expect((await ask('PUT', object('.meta/once'), CREATE, 'one')).status).toBe(201);
    expect((await ask('PUT', object('.meta/once'), CREATE, 'one')).status).toBe(412);
    expect((await ask('PUT', object('.meta/once'), {}, 'two')).status).toBe(201);
    expect((await ask('GET', object('.meta/once'))).text).toBe('two');
  });

  it.each([
    ['its zip twice', [...['zip', 'zip', 'mod'].map((name) => `${partHead(name)}x\r\n`), END]],
    ['a large zip twice', [...['zip', 'zip'].map((name) => `${partHead(name)}${'x'.repeat(MiB)}\r\n`), END]],
    ['a .mod of more than 16 MiB', [`${partHead('mod')}${'x'.repeat(16 * MiB + 1)}\r\n`, END]],
    ['a large zip cut short', [`${partHead('mod')}x\r\n`, `${partHead('zip')}${'x'.repeat(MiB)}`]],
    ['a file cut short that nobody wants', [`${partHead('other')}x`]],
  ])('refuses a save that has %s as malformed', async (_what, parts) => {
    const response = await fetch(`${server.url}/example.com/refused/@v/v1.0.0.save`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'multipart/form-data; boundary=b' },
      body: parts.join(''),
    });
    expect([response.status, await response.text()]).toEqual([400, expect.stringMatching(/^a save is a form of/)]);
  });

  it.each(['info', 'mod', 'zip'])('never changes an .%s, whoever asks for it', async (kind) => {
    const path = object(`example.com/fixed/@v/v1.0.0.${kind}`);
    expect((await ask('PUT', path, {}, 'first')).status).toBe(201);
    expect((await ask('PUT', path, {}, 'first')).status).toBe(200);
    for (const other of ['other', 'longer than it', '']) expect((await ask('PUT', path, {}, other)).status).toBe(409);
    expect((await ask('GET', path)).text).toBe('first');
  });

  it('answers HEAD and ranges on all routes of files, and what is beyond with 416', async () => {
    await ask('PUT', object('example.com/parts/@v/v1.0.0.zip'), CREATE, '0123456789');
    for (const path of [object('example.com/parts/@v/v1.0.0.zip'), '/example.com/parts/@v/v1.0.0.zip']) {
      const head = await ask('HEAD', path);
      expect([head.status, head.headers.get('content-length'), head.text]).toEqual([200, '10', '']);
      expect(head.headers.get('etag')).toMatch(/^"[^"]+"$/);
      const part = await ask('GET', path, { range: 'bytes=3-5' });
      expect([part.status, part.headers.get('content-range'), part.text]).toEqual([206, 'bytes 3-5/10', '345']);
      expect((await ask('GET', path, { range: 'bytes=8-99' })).text).toBe('89');
      expect((await ask('GET', path, { range: 'bytes=10-11' })).status).toBe(416);
      expect((await ask('GET', path, { range: 'bytes=-2' })).text).toBe('0123456789');
    }
  });

  it.each([
    ['GET', object('a/../b'), 400],
    ['GET', object('a/%2e%2e/b'), 400],
    ['PUT', object('..%2f..%2fetc/passwd'), 400],
    ['DELETE', object('.tmp/x'), 400],
    ['GET', object(''), 400],
    ['GET', object('a%00b'), 400],
    ['GET', object('%ff'), 400],
    ['GET', object(`a/${'x'.repeat(256)}`), 400],
    ['PUT', object(`a/${'x'.repeat(256)}`), 400],
    ['GET', `/-/objects?prefix=${'x'.repeat(256)}/`, 400],
    ['GET', '/-/objects?prefix=../', 400],
    ['GET', '/example.com/a/@v/..%2f..%2fetc.info', 404],
    ['GET', '/../etc/@v/list', 404],
    ['GET', '/example.com/a/@v/v1.info', 404],
    ['GET', '/example.com/a/@latest', 404],
    ['DELETE', '/example.com/a/@v/v1.0.0.info', 405],
    ['POST', '/example.com/a/@v/v1.0.0.delete', 405],
    ['PATCH', '/example.com/a/@v/v1.0.0.info', 405],
  ])('refuses %s %s with %d in one line', async (method, path, status) => {
    // Past the client's own clean-up of paths.
    const sent = httpRequest(server.url, { method, path, headers: { authorization: `Bearer ${TOKEN}` } });
    sent.end(method === 'PUT' ? 'x' : undefined);
    const [response] = (await once(sent, 'response')) as [Readable & { statusCode: number }];
    const text = (await response.toArray()).join('');
    expect([response.statusCode, text.match(/\n/g)?.length, text.includes(folder)]).toEqual([status, 1, false]);
  });

  it('refuses a key that is the folder of another, and one below a key, as malformed', async () => {
    expect((await ask('PUT', object('.meta/key'), {}, 'x')).status).toBe(201);
    expect(await ask('PUT', object('.meta/key/below'), {}, 'x')).toMatchObject({ status: 400 });
    expect((await ask('PUT', object('.meta/folder/of'), {}, 'x')).status).toBe(201);
    expect(await ask('PUT', object('.meta/folder'), {}, 'x')).toMatchObject({
      status: 400,
      text: 'one key is the folder of another\n',
    });
    expect((await ask('GET', object('.meta/folder/of'))).text).toBe('x');
  });

  it.each([
    ['PUT', object('.meta/broken/off')],
    ['PUT', object('example.com/broken/@v/v1.0.0.zip')],
    ['POST', '/example.com/broken/@v/v1.0.0.save'],
  ])('stores nothing of a %s %s that breaks off, and logs one line of it', async (method, path) => {
    const headers = {
      authorization: `Bearer ${TOKEN}`,
      expect: '100-continue',
      'content-length': 1000,
      'content-type': 'multipart/form-data; boundary=b',
    };
    const sent = httpRequest(server.url, { method, path, headers });
    sent.on('error', () => {});
    sent.flushHeaders();
    await once(sent, 'continue');
    sent.write(partHead('zip'), () => sent.destroy());

    const lines = (): typeof logged => logged.filter((line) => line['path'] === path);
    await expect
      .poll(lines)
      .toEqual([expect.objectContaining({ level: 'info', method, path, msg: 'the client left before its answer' })]);
    const id = lines()[0]!['requestId'];
    expect((await ask('GET', path.replace('.save', '.zip'))).status).toBe(404);
    expect(logged.filter(({ requestId }) => requestId === id)).toHaveLength(1);
    expect(JSON.stringify(logged)).not.toContain(TOKEN);
  });

  it('logs one line of an answer that its client leaves', async () => {
    const path = object('.meta/large');
    expect((await ask('PUT', path, {}, 'x'.repeat(32 * MiB))).status).toBe(201);
    const sent = httpRequest(server.url + path, { headers: { authorization: `Bearer ${TOKEN}` } }).end();
    const [response] = (await once(sent, 'response')) as [Readable];
    await once(response, 'readable');
    response.destroy();
    await expect
      .poll(() => logged.filter((line) => line['path'] === path && line['method'] === 'GET'))
      .toEqual([expect.objectContaining({ level: 'info', status: 200, msg: 'broken off: the client left' })]);
  });

  it('logs how long an answer took', async () => {
    const path = object('.meta/timed');
    await ask('PUT', path, {}, 'x'.repeat(MiB));
    const took = (): unknown => logged.find((line) => line['path'] === path)?.['milliseconds'];
    await expect.poll(took).toBeGreaterThan(0);
  });

  it('wants a length of a PUT, and a form of a save', async () => {
    const chunked = httpRequest(server.url, {
      method: 'PUT',
      path: object('a/chunked'),
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    chunked.write('x');
    chunked.end();
    const [response] = (await once(chunked, 'response')) as [Readable & { statusCode: number }];
    response.resume();
    expect(response.statusCode).toBe(411);
    const save = await fetch(`${server.url}/example.com/a/@v/v1.0.0.save`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}` },
      body: 'no form',
    });
    expect([save.status, await save.text()]).toEqual([
      400,
      'a save is a form of the files mod.info, mod.mod and mod.zip\n',
    ]);
  });

  it('takes a save of 200 MB in bounded memory, in chunks without a length, and leaves no scratch file', async () => {
    const [chunk, chunks] = [randomBytes(MiB), 200];
    async function* form(): AsyncGenerator<Buffer> {
      yield Buffer.from(`${partHead('info')}{}\r\n${partHead('mod')}module example.com/huge\n\r\n${partHead('zip')}`);
      for (let n = 0; n < chunks; n++) yield chunk;
      yield Buffer.from('\r\n--b--\r\n');
    }
    globalThis.gc?.();
    const before = process.memoryUsage.rss();
    let peak = before;
    const sampler = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 5);
    const answer = await fetch(`${server.url}/example.com/huge/@v/v1.0.0.save`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'multipart/form-data; boundary=b' },
      body: Readable.toWeb(Readable.from(form())) as ReadableStream,
      duplex: 'half',
    });
    clearInterval(sampler);
    expect(answer.status).toBe(200);
    expect(peak - before).toBeLessThan(150 * MiB);
    const head = await ask('HEAD', '/example.com/huge/@v/v1.0.0.zip');
    expect(head.headers.get('content-length')).toBe(String(chunks * MiB));
    const [scratch = ''] = await readdir(join(folder, 'data/scratch'));
    expect(
      (await readdir(join(folder, 'data/scratch', scratch), { recursive: true })).filter((name) =>
        name.endsWith('.zip'),
      ),
    ).toEqual([]);
  });

  it('gives one of two saves of different bytes the version, and no reader a mix', async () => {
    const saves = await Promise.all(
      [1, 2, 3, 4].map(async (n) => {
        const form = new FormData();
        for (const [name, text] of Object.entries(contentOf(n))) form.append(name, new Blob([text]), name);
        const headers = { authorization: `Bearer ${TOKEN}` };
        return (await fetch(`${server.url}/example.com/race/@v/v1.0.0.save`, { method: 'POST', headers, body: form }))
          .status;
      }),
    );
    expect(saves.toSorted((a, b) => a - b)).toEqual([200, 409, 409, 409]);
    const winner = saves.indexOf(200) + 1;
    expect((await ask('GET', '/example.com/race/@v/v1.0.0.zip')).text).toBe(contentOf(winner)['mod.zip']);
  });
});
