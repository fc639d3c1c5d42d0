import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBody } from '#libs/storage';
import { S3ObjectStore } from '../src/s3/s3.object-store.js';
import { bucketOn } from './conformance/bucket.js';
import { keysOf, put } from './s3-store.js';

/** Every operation is refused in the same way. */
async function refuses(on: S3ObjectStore, refusal: { kind: string; message: string }): Promise<void> {
  await expect(on.get('a/x')).rejects.toMatchObject(refusal);
  await expect(on.stat('a/x')).rejects.toMatchObject(refusal);
  await expect(put(on, 'a/x', 'x')).rejects.toMatchObject(refusal);
  await expect(keysOf(on, '')).rejects.toMatchObject(refusal);
}

describe('S3ObjectStore and a server that misbehaves', () => {
  let server: Server;
  let config: ConstructorParameters<typeof S3ObjectStore>[0];
  let answer: (path: string, response: ServerResponse, method: string) => void;
  let store: S3ObjectStore;
  /** For what never comes. Whoever is to be given an answer is not hurried: this machine may be slow. */
  let hasty: S3ObjectStore;

  beforeAll(async () => {
    server = createServer((request, response) => {
      request.resume();
      answer(request.url ?? '', response, request.method ?? '');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    config = bucketOn({ endpoint: `http://127.0.0.1:${port}`, accessKey: 'key', secretKey: 'secret' }, 'stoa');
    store = new S3ObjectStore(config);
    hasty = new S3ObjectStore(config, { connect: 30_000, idle: 200, commit: 200 });
  });
  afterAll(async () => {
    await store.close();
    await hasty.close();
    server.closeAllConnections();
    server.close();
  });

  const head = { etag: '"abc"', 'last-modified': new Date(0).toUTCString() };

  it.each([1000, 200_000])('fails a body of %d bytes that ends short', async (length) => {
    answer = (_, response) => {
      response.writeHead(200, { ...head, 'content-length': length });
      response.write(Buffer.alloc(length - 1), () => response.destroy());
    };
    await expect(store.get('a/x').then((found) => readBody(found!.body))).rejects.toThrow();
  });

  it.each([1000, 200_000])('fails a body of %d bytes that stops flowing', async (length) => {
    answer = (_, response) => {
      response.writeHead(200, { ...head, 'content-length': length });
      response.write(Buffer.alloc(length - 1));
    };
    await expect(hasty.get('a/x').then((found) => readBody(found!.body))).rejects.toThrow();
  });

  it('says timeout when there is no answer', async () => {
    answer = () => {};
    await refuses(hasty, { kind: 'timeout', message: 'the storage does not answer' });
  });

  it('says busy when the server is in trouble', async () => {
    answer = (_, response) => void response.writeHead(503).end('<Error><Code>SlowDown</Code></Error>');
    await refuses(store, { kind: 'busy', message: 'the storage fails' });
  });

  it('is not left waiting by a server that goes over to another protocol', async () => {
    answer = (_, response) => void response.writeHead(101, { connection: 'upgrade', upgrade: 'other' }).end();
    await refuses(store, { kind: 'busy', message: 'the storage fails' });
  });

  it('says that the storage is full', async () => {
    answer = (_, response) => void response.writeHead(507).end('<Error><Code>XMinioStorageFull</Code></Error>');
    await expect(put(store, 'a/x', 'x')).rejects.toMatchObject({ kind: 'busy', message: 'the storage is full' });
  });

  it.each([
    ['the time', 'RequestTimeTooSkewed'],
    ['the region', 'AuthorizationHeaderMalformed'],
    ['who asks', 'XAdminUserNotFound'],
  ])('says what a server has against every request, be it %s', async (_about, code) => {
    const text = `<Error><Code>${code}</Code></Error>`;
    answer = (_, response, method) => void response.writeHead(403).end(method === 'HEAD' ? '' : text);
    await expect(store.open()).rejects.toMatchObject({
      kind: 'busy',
      message: 'the storage denies access',
      cause: { message: `S3: ${code}` },
    });
  });

  it('is opened by one list, which tells all that there is to know', async () => {
    const asked: string[] = [];
    const list = '<ListBucketResult><Name>x</Name><IsTruncated>false</IsTruncated></ListBucketResult>';
    answer = (path, response, method) => {
      asked.push(`${method} ${new URLSearchParams(path.split('?')[1]).get('max-keys')}`);
      response.writeHead(200).end(list);
    };
    const reader = new S3ObjectStore(config, undefined, false);
    await reader.open();
    await reader.close();
    expect(asked).toEqual(['GET 1']);
  });

  it('goes by the list of its objects where the bucket may not be looked at', async () => {
    const list = '<ListBucketResult><Name>x</Name><IsTruncated>false</IsTruncated></ListBucketResult>';
    answer = (_, response, method) => void response.writeHead(method === 'HEAD' ? 403 : 200).end(list);
    await store.check();
  });

  it('refuses at its start a server that is none of S3', async () => {
    answer = (_, response) => void response.writeHead(200, { 'content-length': 13 }).end('<html></html>');
    await expect(store.open()).rejects.toMatchObject({
      kind: 'busy',
      message: 'the storage fails',
      cause: { message: 'S3: no answer of an S3 server' },
    });
  });

  it('refuses a server without lengths or without ranges', async () => {
    answer = (_, response) => void response.writeHead(200, head).end('chunked');
    await expect(store.get('a/x')).rejects.toThrow('the server does not say length');
    answer = (_, response) => void response.writeHead(200, { ...head, 'content-length': 10 }).end('0123456789');
    await expect(store.get('a/x', { start: 2, end: 3 })).rejects.toThrow('ignores ranges');
  });

  it('asks once more when a connection broke', async () => {
    let calls = 0;
    answer = (_, response) => {
      if (++calls === 1) response.destroy();
      else response.writeHead(200, { ...head, 'content-length': 2 }).end('ok');
    };
    expect(await readBody((await store.get('a/x'))!.body)).toEqual(Buffer.from('ok'));
  });

  it('looks, then tries again, when another create is under way', async () => {
    const seen: string[] = [];
    answer = (path, response, method) => {
      seen.push(method);
      const status =
        method === 'PUT'
          ? seen.filter((one) => one === 'PUT').length === 1
            ? 409
            : 200
          : path.includes('a/x')
            ? 404
            : 200;
      response.writeHead(status).end();
    };
    expect(await put(store, 'a/x', 'x')).toBe(true);
    expect(seen).toEqual(['PUT', 'HEAD', 'HEAD', 'PUT']);
  });

  it('has lost to another create whose object is there after a conflict or a broken connection', async () => {
    for (const broken of [false, true]) {
      answer = (_, response, method) => {
        if (method === 'HEAD') response.writeHead(200, { ...head, 'content-length': 1 }).end();
        else if (broken) response.destroy();
        else response.writeHead(409).end();
      };
      expect(await put(store, 'a/x', 'x')).toBe(false);
    }
  });

  it('gives up on a stream that can not be sent twice', async () => {
    answer = (path, response, method) => {
      if (method === 'HEAD') response.writeHead(path.includes('a/x') ? 404 : 200).end();
      else response.writeHead(409).end();
    };
    const source = Readable.from([Buffer.from('x')], { objectMode: false });
    await expect(store.put('a/x', source, { size: 1, mode: 'create' })).rejects.toMatchObject({ kind: 'busy' });
  });
});
