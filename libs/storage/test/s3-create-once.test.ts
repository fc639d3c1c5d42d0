import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBody } from '#libs/storage';
import { alone } from '../src/s3/claims.js';
import { S3ObjectStore } from '../src/s3/s3.object-store.js';
import { startMinio, type Minio } from '../../../test/support/minio.js';
import { bucketOn } from './conformance/bucket.js';
import { keysOf } from './s3-store.js';

let minio: Minio;
let front: Server;
let conditions = 0;

beforeAll(async () => {
  minio = await startMinio();
  front = await startForgetful(new URL(minio.endpoint));
});
afterAll(async () => {
  front.closeAllConnections();
  front.close();
  await minio.stop();
});

/** An S3 server that takes no notice of `If-None-Match`: a real one behind a proxy that drops it. */
async function startForgetful(target: URL): Promise<Server> {
  const server = createServer((incoming, outgoing) => {
    const { 'if-none-match': condition, ...headers } = incoming.headers;
    if (condition) conditions++;
    const { method, url: path } = incoming;
    const passed = request({ host: target.hostname, port: target.port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(outgoing);
    });
    passed.on('error', () => outgoing.destroy());
    incoming.pipe(passed);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function openWriter(): Promise<S3ObjectStore> {
  const endpoint = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
  const store = new S3ObjectStore(bucketOn({ ...minio, endpoint }, 'forgetful'));
  await store.open();
  return store;
}

describe('a server that ignores If-None-Match', () => {
  it('is found out when a writer opens the store, and nothing of the probe stays', async () => {
    const store = await openWriter();
    expect(conditions).toBeGreaterThan(0);
    expect(await keysOf(store, '')).toEqual([]);
    await store.close();
  });

  it('still has each object created once: of many writers one wins, the others learn it', async () => {
    const writers = await Promise.all([openWriter(), openWriter(), openWriter(), openWriter()]);
    for (let round = 0; round < 5; round++) {
      const key = `a/${round}`;
      const puts = writers.map((writer, at) => {
        const bytes = Buffer.alloc(300_000, at);
        return writer.put(key, bytes, { size: bytes.length, mode: 'create' });
      });
      const stored = await Promise.all(puts);
      expect(stored.filter(Boolean)).toHaveLength(1);
      const bytes = await readBody((await writers[0].get(key))!.body);
      expect(bytes.equals(Buffer.alloc(300_000, stored.indexOf(true)))).toBe(true);
    }
    expect(await writers[0].put('a/0', Buffer.from('x'), { size: 1, mode: 'create' })).toBe(false);
    expect(await keysOf(writers[0], '.meta/')).toEqual([]);
    await Promise.all(writers.map((writer) => writer.close()));
  });
});

describe('a claim', () => {
  const times = { renewal: 500, abandoned: 4_000, patience: 60_000 };

  it('of a writer who died holds for a while, and no longer', async () => {
    const store = await openWriter();
    await store.put('.meta/claims/b/x/dead', Buffer.alloc(0), { size: 0, mode: 'replace' });
    expect(await alone(store, 'b/x', async () => 'written', { times: { ...times, abandoned: 2_000 } })).toBe('written');
    await store.delete('.meta/claims/b/x/dead');
    await store.close();
  });

  it('holds for as long as its writer writes', async () => {
    const store = await openWriter();
    const { promise: done, resolve: finish } = Promise.withResolvers<void>();
    const order: string[] = [];
    const begun = Promise.withResolvers<void>();
    const first = alone(
      store,
      'b/y',
      async () => {
        begun.resolve();
        await done;
        order.push('first');
      },
      { times },
    );
    await begun.promise;
    const second = alone(store, 'b/y', async () => void order.push('second'), { times });
    // Longer than an abandoned claim holds: as the server sees it, by the age of what it has stored.
    const renewals = new Set<number>();
    await expect
      .poll(async () => {
        for await (const { modified } of store.list('.meta/claims/b/y/')) renewals.add(modified.getTime());
        return Math.max(...renewals) - Math.min(...renewals);
      })
      .toBeGreaterThan(times.abandoned);
    finish();
    await Promise.all([first, second]);
    expect(order).toEqual(['first', 'second']);
    await store.close();
  });

  it('is given up with its signal', async () => {
    const store = await openWriter();
    await store.put('.meta/claims/b/z/other', Buffer.alloc(0), { size: 0, mode: 'replace' });
    const signal = AbortSignal.timeout(200);
    await expect(alone(store, 'b/z', async () => {}, { signal })).rejects.toThrow(/timeout/);
    expect(await keysOf(store, '.meta/claims/b/z/')).toEqual(['.meta/claims/b/z/other']);
    await store.close();
  });
});

describe('a link', () => {
  it('leads whoever has it to the object, for a while', async () => {
    const store = new S3ObjectStore({ ...bucketOn(minio, 'linked'), publicEndpoint: new URL(minio.endpoint) });
    await store.open();
    await store.put('a/x', Buffer.from('whole'), { size: 5, mode: 'create' });
    const link = (await store.link('a/x', 60))!;
    const answer = await fetch(link);
    expect([answer.status, await answer.text()]).toEqual([200, 'whole']);
    const part = await fetch(link, { headers: { range: 'bytes=1-2' } });
    expect([part.status, await part.text()]).toEqual([206, 'ho']);
    expect((await fetch(link.replace(/a\/x/, 'a/y'))).status).toBe(403);
    await store.close();
  });

  it('is given to nobody where the settings have no public endpoint', async () => {
    const store = new S3ObjectStore(bucketOn(minio, 'linked'));
    expect(await store.link('a/x', 60)).toBeNull();
    await store.close();
  });
});
