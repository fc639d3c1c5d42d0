import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { readBody } from '#libs/storage';
import { S3ObjectStore } from '../src/s3/s3.object-store.js';
import { bucketOn } from './conformance/bucket.js';
import { keysOf, put } from './s3-store.js';

/** A page of a list, as one that does not encode names has it. */
function page(names: readonly string[], token?: string): string {
  const entries = names.map((name) => {
    const text = name.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&#34;');
    return `<Contents><Key>${text}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><Size>1</Size></Contents>`;
  });
  const more = `<IsTruncated>${token !== undefined}</IsTruncated><NextContinuationToken>${token ?? ''}</NextContinuationToken>`;
  return `<?xml version="1.0"?><ListBucketResult><Name>stoa</Name>${entries.join('')}${more}</ListBucketResult>`;
}

/** What S3 servers do in ways of their own, each of them seen on one that is in use. */
describe('S3ObjectStore and the ways of S3 servers', () => {
  let server: Server;
  let config: ConstructorParameters<typeof S3ObjectStore>[0];
  let answer: (request: IncomingMessage, response: ServerResponse, query: URLSearchParams) => void;
  let store: S3ObjectStore;

  beforeAll(async () => {
    server = createServer((request, response) => {
      answer(request, response, new URL(request.url ?? '', 'http://localhost').searchParams);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    config = bucketOn({ endpoint: `http://127.0.0.1:${port}`, accessKey: 'key', secretKey: 'secret' }, 'stoa');
    store = new S3ObjectStore(config);
  });
  afterAll(async () => {
    await store.close();
    server.closeAllConnections();
    server.close();
  });

  describe('a list', () => {
    it('has names as they are where the server knows no encoding of them', async () => {
      const names = ['0', '007', 'a "b" <c> &amp;', 'a/@v/v2.0.0+incompatible.info', 'a/100%', 'a/b%2Bc'].toSorted();
      answer = (_, response) => response.end(page(names));
      expect(await keysOf(store, '')).toEqual(names);
    });

    it('goes on by tokens of any form', async () => {
      const tokens: (string | null)[] = [];
      answer = (_, response, query) => {
        tokens.push(query.get('continuation-token'));
        response.end(tokens.length === 1 ? page(['a'], '00012345678901234567890') : page(['b']));
      };
      expect(await keysOf(store, '')).toEqual(['a', 'b']);
      expect(tokens).toEqual([null, '00012345678901234567890']);
    });

    it('has no folders, which are no objects', async () => {
      const below = new S3ObjectStore({ ...config, prefix: 'team' });
      onTestFinished(() => below.close());
      answer = (_, response) => response.end(page(['team/', 'team/a/', 'team/a/@v/', 'team/a/@v/list']));
      expect(await keysOf(below, '')).toEqual(['a/@v/list']);
    });

    it('starts where it should, also where the server knows no start', async () => {
      answer = (_, response) => response.end(page(['a/1', 'a/2', 'a/3']));
      expect(await keysOf(store, 'a/', 'a/1')).toEqual(['a/2', 'a/3']);
    });

    it('is refused when it has another order, or the same page again', async () => {
      answer = (_, response) => response.end(page(['a/2', 'a/1']));
      await expect(keysOf(store, 'a/')).rejects.toThrow('order of names');
      answer = (_, response) => response.end(page(['a/1', 'a/2'], 'more'));
      await expect(keysOf(store, 'a/')).rejects.toThrow('order of names');
    });

    it('is refused when nothing tells how it goes on, or what is in it', async () => {
      answer = (_, response) => response.end(page(['a/1', 'a/2'], ''));
      await expect(keysOf(store, 'a/')).rejects.toThrow('how a list goes on');
      for (const text of [
        '<ListBucketResult><Contents></Contents></ListBucketResult>',
        '<html',
        '',
        '<Error></Error>',
      ]) {
        answer = (_, response) => response.end(text);
        await expect(keysOf(store, 'a/')).rejects.toMatchObject({
          kind: 'busy',
          cause: { message: 'S3: no answer of an S3 server' },
        });
      }
    });
  });

  it.each(['content-length', 'last-modified', 'etag'])(
    'does not take a HEAD for an answer without %s',
    async (missing) => {
      const whole = { 'content-length': '5', 'last-modified': new Date(0).toUTCString(), etag: '"abc"' };
      const headers = Object.entries(whole).filter(([name]) => name !== missing);
      answer = (_, response) => response.writeHead(200, Object.fromEntries(headers)).end();
      await expect(store.stat('a/x')).rejects.toThrow('the server does not say');
    },
  );

  it('lets the server know what it must have got, where it can be read twice', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stoa-md5-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const bytes = Buffer.alloc(300_000, 'x');
    await writeFile(join(folder, 'x'), bytes);
    const got: [string | undefined, string][] = [];
    answer = async (request, response) => {
      if (request.method === 'HEAD') return response.writeHead(request.url!.includes('a/x') ? 404 : 200).end();
      const md5 = createHash('md5').update(await buffer(request));
      got.push([request.headers['content-md5'] as string | undefined, md5.digest('base64')]);
      return response.end();
    };
    const size = bytes.length;
    await store.put('a/x', bytes, { size, mode: 'create' });
    await store.put('a/x', { file: join(folder, 'x') }, { size, mode: 'create' });
    await put(store, 'a/x', '', 'replace');
    expect(got).toHaveLength(3);
    for (const [said, is] of got) expect(said).toBe(is);
    await store.put('a/x', Readable.from([bytes], { objectMode: false }), { size, mode: 'create' });
    expect(got[3]![0]).toBeUndefined();
  });

  describe('that has no If-None-Match, and says so', () => {
    /** What is stored, by name. */
    const stored = new Map<string, Buffer>();
    let conditions = 0;

    beforeAll(() => {
      answer = async (request, response, query) => {
        const name = decodeURIComponent(new URL(request.url!, 'http://localhost').pathname).replace('/stoa/', '');
        const bytes = await buffer(request);
        const found = stored.get(name);
        const prefix = query.get('prefix');
        if (prefix !== null)
          return response.end(page([...stored.keys()].filter((one) => one.startsWith(prefix)).toSorted()));
        if (request.method === 'DELETE') {
          stored.delete(name);
          return response.writeHead(204).end();
        }
        if (request.method === 'PUT') {
          if (request.headers['if-none-match'] === undefined) stored.set(name, bytes);
          else conditions++;
          return response
            .writeHead(request.headers['if-none-match'] === undefined ? 200 : 501)
            .end('<Error><Code>NotImplemented</Code></Error>');
        }
        if (name !== '/stoa' && !found) return response.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>');
        const headers = {
          etag: '"x"',
          'last-modified': new Date(0).toUTCString(),
          'content-length': found?.length ?? 0,
        };
        return response.writeHead(200, headers).end(request.method === 'GET' ? found : undefined);
      };
    });

    it('still has each object created once', async () => {
      const writers = [new S3ObjectStore(config), new S3ObjectStore(config)] as const;
      for (const writer of writers) onTestFinished(() => writer.close());
      for (const writer of writers) await writer.open();
      expect([...stored.keys()]).toEqual([]);
      expect(conditions).toBe(2);
      const puts = await Promise.all(writers.map((writer, at) => put(writer, 'a/x', String(at))));
      expect(puts.filter(Boolean)).toHaveLength(1);
      expect((await readBody((await store.get('a/x'))!.body)).toString()).toBe(String(puts.indexOf(true)));
      expect([...stored.keys()]).toEqual(['a/x']);
      expect(conditions).toBe(2);
    });
  });
});
