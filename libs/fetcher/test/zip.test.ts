import { once } from 'node:events';
import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { DownloadContext } from '#libs/fetcher';
import { moduleZip } from '../../../test/support/module-zip.js';
import { hang, page, status, truncated } from '../../../test/support/upstream.js';
import { context, fetcher, refusal, upstream } from './fetching.js';

const VERSION = { module: 'example.com/m', version: 'v1.0.0' };
const ZIP = moduleZip(VERSION, { 'go.mod': 'module example.com/m\n', 'big.bin': Buffer.alloc(300_000, 'stoa') });

async function expectNothingLeft({ scratch }: DownloadContext): Promise<void> {
  expect(await readdir(scratch)).toEqual([]);
  const descriptors = await readdir('/proc/self/fd').catch(() => []);
  const targets = await Promise.all(descriptors.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
  expect(targets.filter((target) => target.startsWith(scratch))).toEqual([]);
}

describe('a zip', () => {
  test('lands whole in the scratch folder', async () => {
    const source = (await upstream()).add(VERSION.module, VERSION.version, { zip: ZIP });
    const job = await context();
    const { zip, mod, info } = await fetcher({ GOPROXY: source.url }).zip(VERSION, job);
    expect(zip.path.startsWith(job.scratch)).toBe(true);
    expect(zip.size).toBe(ZIP.length);
    expect(ZIP.equals(await readFile(zip.path))).toBe(true);
    expect([mod, info]).toEqual([undefined, undefined]);
    expect(source.requests).toHaveLength(1);
  });

  test('may come without Content-Length', async () => {
    const source = await upstream();
    source.respond('/', (_request, response) => {
      response.write(ZIP.subarray(0, 1000));
      response.end(ZIP.subarray(1000));
    });
    const { zip } = await fetcher({ GOPROXY: source.url }).zip(VERSION, await context());
    expect((await stat(zip.path)).size).toBe(ZIP.length);
  });

  test('that is short is refused as truncated', async () => {
    const source = (await upstream()).respond('/', truncated(ZIP, 100_000));
    const job = await context();
    expect(await refusal(fetcher({ GOPROXY: source.url }).zip(VERSION, job))).toEqual({
      kind: 'upstream',
      message: 'example.com/m@v1.0.0: the answer of the upstream is truncated',
    });
    await expectNothingLeft(job);
  });

  test('that is too large is refused before a byte is read', async () => {
    const source = await upstream();
    source.respond('/', (_request, response) => void response.writeHead(200, { 'content-length': 2000 }).write('PK'));
    const job = await context();
    expect(await refusal(fetcher({ GOPROXY: source.url, limits: { zipSize: 1999 } }).zip(VERSION, job))).toEqual({
      kind: 'not-found',
      message: 'example.com/m@v1.0.0: the zip is larger than 1999 bytes',
    });
    await expectNothingLeft(job);
  });

  test('that turns out to be too large is left in mid-stream', async () => {
    const source = await upstream();
    source.respond('/', (_request, response) => void response.writeHead(200).write(ZIP));
    const job = await context();
    expect(await refusal(fetcher({ GOPROXY: source.url, limits: { zipSize: 1999 } }).zip(VERSION, job))).toEqual({
      kind: 'not-found',
      message: 'example.com/m@v1.0.0: the zip is larger than 1999 bytes',
    });
    await expectNothingLeft(job);
  });

  test.each([
    ['a web page', page()],
    ['nothing', status(200)],
  ])('that is %s is refused', async (_name, script) => {
    const source = (await upstream()).respond('/', script);
    expect(await refusal(fetcher({ GOPROXY: source.url }).zip(VERSION, await context()))).toEqual({
      kind: 'upstream',
      message: 'example.com/m@v1.0.0: the upstream answers with something that is no zip',
    });
  });

  test('that stalls is a timeout', async () => {
    const source = (await upstream()).respond('/', hang(ZIP.subarray(0, 1000)));
    const job = await context();
    const fetch = fetcher({ GOPROXY: source.url, limits: { bodyTimeout: 50 } });
    expect((await refusal(fetch.zip(VERSION, job))).kind).toBe('timeout');
    await expectNothingLeft(job);
  });

  test('that is aborted in mid-stream leaves nothing open', async () => {
    const source = await upstream();
    const controller = new AbortController();
    const job = await context(controller.signal);
    let connectionClosed: Promise<unknown> = Promise.resolve();
    source.respond('/', (request, response) => {
      connectionClosed = once(request.socket, 'close');
      response.writeHead(200, { 'content-length': ZIP.length });
      response.write(ZIP.subarray(0, 100_000));
    });
    const fetching = refusal(fetcher({ GOPROXY: source.url }).zip(VERSION, job));
    const sizes = async (): Promise<number[]> =>
      Promise.all((await readdir(job.scratch)).map(async (name) => (await stat(`${job.scratch}/${name}`)).size));
    await expect.poll(sizes).toEqual([100_000]);

    controller.abort(new DOMException('deadline', 'TimeoutError'));
    expect(await fetching).toEqual({
      kind: 'timeout',
      message: 'example.com/m@v1.0.0: the time for this fetch is over',
    });
    await connectionClosed;
    await expectNothingLeft(job);
  });

  test('that can not be written is a fault of this worker, whatever other sources there are', async () => {
    const [first, second] = [await upstream(), await upstream()];
    for (const source of [first, second]) source.add(VERSION.module, VERSION.version);
    const job = { ...(await context()), scratch: '/nonexistent/scratch' };
    expect(await refusal(fetcher({ GOPROXY: `${first.url}|${second.url}` }).zip(VERSION, job))).toEqual({
      kind: 'internal',
      message: 'example.com/m@v1.0.0: this worker failed',
    });
    expect(second.requests).toEqual([]);
  });
});
