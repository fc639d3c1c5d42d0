import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { Client } from 'minio';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { readBody } from '#libs/storage';
import { startMinio, type Minio } from '../../../test/support/minio.js';
import { openTcpLink, type TcpLink } from '../../../test/support/tcp-link.js';
import { S3ObjectStore } from '../src/s3/s3.object-store.js';
import { bucketOn } from './conformance/bucket.js';
import { MiB, patternChunks, patternStream } from './conformance/patterns.js';

const BUCKET = 'transfers';
const SIZE = 32 * MiB;
/** For what never comes. Whoever is to be given an answer is not hurried: this machine may be slow. */
const HASTY = { connect: 500, idle: 500, commit: 500 };
const TIMEOUT = { kind: 'timeout', message: 'the storage does not answer' };
const LOST = { kind: 'busy', message: 'the storage can not be reached' };

let minio: Minio;
let link: TcpLink;
let store: S3ObjectStore;
let hasty: S3ObjectStore;

function storeAt(endpoint: string, timeouts?: typeof HASTY): S3ObjectStore {
  return new S3ObjectStore(bucketOn({ ...minio, endpoint }, BUCKET), timeouts);
}

beforeAll(async () => {
  minio = await startMinio();
  link = await openTcpLink(minio.endpoint);
  store = storeAt(link.endpoint);
  hasty = storeAt(link.endpoint, HASTY);
  await store.open();
});
afterAll(async () => {
  await store.close();
  await hasty.close();
  await link.close();
  await minio.stop();
});
afterEach(() => link.mend());

/** All that the server holds of a key, whole or begun. */
async function traces(key: string): Promise<string[]> {
  const { hostname, port } = new URL(minio.endpoint);
  const { accessKey, secretKey } = minio;
  const client = new Client({ endPoint: hostname, port: Number(port), useSSL: false, accessKey, secretKey });
  const found: string[] = [];
  for await (const { name } of client.listObjectsV2(BUCKET, key, true)) found.push(`object ${name}`);
  for await (const { key: name } of client.listIncompleteUploads(BUCKET, key, true)) found.push(`upload ${name}`);
  return found;
}

/** Gives its first half, lets something happen, and goes on. */
function interrupted(event: () => void): Readable {
  const chunks = function* (): Generator<Buffer> {
    let sent = 0;
    for (const chunk of patternChunks(SIZE)) {
      if (sent < SIZE / 2 && sent + chunk.length >= SIZE / 2) event();
      sent += chunk.length;
      yield chunk;
    }
  };
  return Readable.from(chunks(), { objectMode: false });
}

describe('an upload', () => {
  it('that its caller gives up leaves nothing', async () => {
    const giving = new AbortController();
    const source = interrupted(() => giving.abort(new Error('given up')));
    await expect(store.put('given/up', source, { size: SIZE, mode: 'create', signal: giving.signal })).rejects.toThrow(
      'given up',
    );
    expect(await traces('given/up')).toEqual([]);
  });

  it('whose connection breaks is refused, and leaves nothing', async () => {
    const source = interrupted(() => link.cutAfter(0));
    const broken = store.put('cut', source, { size: SIZE, mode: 'create' });
    await expect(broken).rejects.toMatchObject(LOST);
    expect(await traces('cut')).toEqual([]);
  });

  it('into silence is refused, and leaves nothing', async () => {
    const source = interrupted(() => link.silence());
    await expect(hasty.put('silent', source, { size: SIZE, mode: 'create' })).rejects.toMatchObject(TIMEOUT);
    link.mend();
    expect(await traces('silent')).toEqual([]);
    expect(await store.put('silent', patternStream(SIZE), { size: SIZE, mode: 'create' })).toBe(true);
  });
});

describe('a download', () => {
  beforeAll(async () => {
    await store.put('large', patternStream(SIZE), { size: SIZE, mode: 'replace' });
  });

  it.each([
    ['breaks', () => store, () => link.cutAfter(MiB)],
    ['falls silent', () => hasty, () => link.silence()],
  ])('whose connection %s in the middle fails, and is never short', async (_name, reader, harm) => {
    // Whoever is in haste may give up before it has begun.
    const { body, stat } = await vi.waitFor(async () => {
      const found = (await reader().get('large'))!;
      await once(found.body as Readable, 'readable');
      return found;
    }, 30_000);
    expect(stat.size).toBe(SIZE);
    harm();
    await expect(readBody(body)).rejects.toThrow();
  });
});

it('says timeout where a server takes the connection and never says a word of TLS', async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket.on('error', () => {}))).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const lost = storeAt(`https://127.0.0.1:${(silent.address() as AddressInfo).port}`, HASTY);
  try {
    await expect(lost.get('a')).rejects.toMatchObject(TIMEOUT);
    await expect(lost.check()).rejects.toMatchObject(TIMEOUT);
    await expect(lost.put('a', Buffer.from('a'), { size: 1, mode: 'create' })).rejects.toMatchObject(TIMEOUT);
  } finally {
    await lost.close();
    for (const socket of sockets) socket.destroy();
    silent.close();
  }
});
