import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { readBody } from '#libs/storage';
import { S3ObjectStore } from '../src/s3/s3.object-store.js';
import { startMinio, type Minio } from '../../../test/support/minio.js';
import { bucketOn } from './conformance/bucket.js';
import { MiB, patternStream } from './conformance/patterns.js';
import { keysOf, put } from './s3-store.js';

type S3Config = ConstructorParameters<typeof S3ObjectStore>[0];

let minio: Minio;
let buckets = 0;

beforeAll(async () => {
  minio = await startMinio();
});
afterAll(() => minio.stop());

const configOf = (server: Pick<Minio, 'endpoint' | 'accessKey' | 'secretKey'>): S3Config =>
  bucketOn(server, `stoa-${++buckets}`);

async function openStore(overrides: Partial<S3Config> = {}): Promise<S3ObjectStore> {
  const store = new S3ObjectStore({ ...configOf(minio), ...overrides });
  await store.open();
  return store;
}

function operations(store: S3ObjectStore): Record<string, () => Promise<unknown>> {
  return {
    get: () => store.get('a/x'),
    stat: () => store.stat('a/x'),
    create: () => put(store, 'a/x', 'x'),
    'large create': () => store.put('a/x', Buffer.alloc(MiB), { size: MiB, mode: 'create' }),
    replace: () => put(store, 'a/x', 'x', 'replace'),
    'streamed replace': () => store.put('a/x', patternStream(MiB), { size: MiB, mode: 'replace' }),
    list: () => keysOf(store, ''),
    delete: () => store.delete('a/x'),
    check: () => store.check(),
    open: () => store.open(),
  };
}

function expectNoSecrets(error: Error): void {
  expect(error.message).not.toMatch(/127\.0\.0\.1|stoa-test|wrong/);
}

describe('S3ObjectStore', () => {
  it('makes the bucket when it is absent, also when two open at once', async () => {
    const config = configOf(minio);
    const stores = [new S3ObjectStore(config), new S3ObjectStore(config), new S3ObjectStore(config)];
    await Promise.all(stores.map((store) => store.open()));
    await stores[0]!.check();
    expect(await put(stores[1]!, 'a/x', 'x')).toBe(true);
    for (const store of stores) await store.close();
  });

  it('keeps to its prefix', async () => {
    const { bucket } = configOf(minio);
    const [whole, inside] = [await openStore({ bucket }), await openStore({ bucket, prefix: 'team/go' })];
    await put(inside, 'a/x', 'x');
    await put(inside, 'b/x', 'x');
    await put(whole, 'team/gopher', 'y');
    expect(await keysOf(whole, '')).toEqual(['team/go/a/x', 'team/go/b/x', 'team/gopher']);
    expect(await keysOf(inside, '')).toEqual(['a/x', 'b/x']);
    expect(await keysOf(inside, '', 'a/x')).toEqual(['b/x']);
    expect(await inside.stat('a/x')).toEqual(await whole.stat('team/go/a/x'));
    await inside.delete('a/x');
    expect(await whole.get('team/go/a/x')).toBeNull();
    await whole.close();
    await inside.close();
  });

  describe('when it is broken', () => {
    const names = Object.keys(operations({} as S3ObjectStore));
    it('refuses with wrong credentials', async () => {
      const credentials = { kind: 'keys', accessKey: minio.accessKey, secretKey: 'wrong' } as const;
      const store = new S3ObjectStore({ ...configOf(minio), credentials });
      for (const name of names) {
        const error = await operations(store)[name]!().catch((thrown: Error) => thrown);
        expect(error, name).toMatchObject({ kind: 'busy', message: 'the storage denies access' });
        expectNoSecrets(error as Error);
        const shown = Object.entries(error as Error).concat(Object.entries((error as { cause: object }).cause));
        expect(JSON.stringify(shown)).not.toContain('stoa-test');
      }
      // The server's own word, though HEAD, which is asked first, has no place for it.
      await expect(store.check()).rejects.toMatchObject({ cause: { message: 'S3: SignatureDoesNotMatch' } });
      await store.close();
    });

    it('refuses when the bucket is gone: that is no absent object', async () => {
      const store = new S3ObjectStore(configOf(minio));
      for (const name of names.filter((one) => one !== 'open')) {
        await expect(operations(store)[name]!(), name).rejects.toMatchObject({
          kind: 'busy',
          message: 'the storage is not there',
        });
      }
      await store.close();
    });

    it('refuses when the server is stopped', async () => {
      const own = await startMinio();
      onTestFinished(() => own.stop());
      const store = new S3ObjectStore(configOf(own));
      await store.open();
      await put(store, 'a/x', 'x');
      expect(await readBody((await store.get('a/x'))!.body)).toEqual(Buffer.from('x'));
      await own.stop();
      for (const name of names) {
        const error = await operations(store)[name]!().catch((thrown: Error) => thrown);
        expect(error, name).toMatchObject({ kind: 'busy', message: 'the storage can not be reached' });
        expectNoSecrets(error as Error);
      }
      await store.close();
    });

    it('fails a body whose server dies in the middle', async () => {
      const own = await startMinio();
      onTestFinished(() => own.stop());
      const store = new S3ObjectStore(configOf(own));
      await store.open();
      const size = 64 * MiB;
      await store.put('a/x', patternStream(size), { size, mode: 'create' });
      const body = (await store.get('a/x'))!.body as Readable;
      // It may fail while nobody reads it.
      body.on('error', () => {});
      await once(body, 'readable');
      await own.stop();
      await expect(readBody(body)).rejects.toThrow();
      await store.close();
    });
  });
});
