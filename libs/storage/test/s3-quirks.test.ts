import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { S3ObjectStore } from '../src/s3/s3.object-store.js';
import { bucketOn } from './conformance/bucket.js';
import { keysOf } from './s3-store.js';

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
});
