import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readBody, type ObjectSource, type ObjectStore } from '#libs/storage';
import { startSixRoutes, type TestServer } from '../../../test/support/storage-servers.js';
import { connect as connectExternal } from '../src/external/connect.js';
import { MiB, patternChunks } from './conformance/patterns.js';

const BASE = 'example.com/!m/@v/v1.0.0';
const VERSION = { info: '{"Version":"v1.0.0"}', mod: 'module example.com/M\n', zip: 'PK' };
type Kind = keyof typeof VERSION;

async function keysOf(store: ObjectStore, prefix: string, after?: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of store.list(prefix, after)) found.push(key);
  return found;
}

describe('a storage server with the six basic routes', () => {
  let folder: string;
  let server: TestServer;
  let store: ObjectStore;

  const connect = async (writes = true, url = server.url): Promise<ObjectStore> => {
    const config = { kind: 'external', url: new URL(url), metaRoot: join(folder, 'meta'), network: {} } as const;
    const { store: connected } = await connectExternal(config, { writes });
    await connected.open();
    return connected;
  };
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stoa-six-'));
    await mkdir(join(folder, 'served'));
    server = await startSixRoutes(join(folder, 'served'));
    store = await connect();
  });
  afterEach(async () => {
    await store.close();
    await server.close();
    await rm(folder, { recursive: true });
  });

  const put = (kind: Kind, source: ObjectSource = Buffer.from(VERSION[kind]), size = VERSION[kind].length) =>
    store.put(`${BASE}.${kind}`, source, { size, mode: 'create' });
  const read = async (key: string, from = store): Promise<string | null> => {
    const found = await from.get(key);
    return found && (await readBody(found.body)).toString();
  };
  const served = (): Promise<string[]> => readdir(join(folder, 'served/example.com/!m/@v')).catch(() => []);
  const waiting = (): Promise<string[]> =>
    readdir(join(folder, 'meta/.meta/waiting/example.com/!m/@v')).catch(() => []);
  const restart = async (): Promise<void> => {
    server = await startSixRoutes(join(folder, 'served'), new URL(server.url).host);
  };

  it.each([[['mod', 'info', 'zip']], [['zip', 'mod', 'info']], [['info', 'zip', 'mod']]] as const)(
    'gets a version whole, once all of its files are there: %j',
    async (order) => {
      for (const kind of order.slice(0, 2)) expect(await put(kind)).toBe(true);
      expect([await served(), (await waiting()).length]).toEqual([[], 2]);
      for (const kind of order.slice(0, 2)) expect(await read(`${BASE}.${kind}`)).toBe(VERSION[kind]);
      expect(await put(order[2])).toBe(true);
      expect([await served(), await waiting()]).toEqual([['v1.0.0'], []]);
      for (const kind of order) {
        expect(await read(`${BASE}.${kind}`)).toBe(VERSION[kind]);
        expect((await store.stat(`${BASE}.${kind}`))?.size).toBe(VERSION[kind].length);
      }
    },
  );

  it('never gets another content of a version, from nobody', async () => {
    for (const kind of ['mod', 'info', 'zip'] as const) await put(kind);
    const late = await connect();
    const source = Readable.from([Buffer.from('other')], { objectMode: false });
    expect(await late.put(`${BASE}.zip`, source, { size: 5, mode: 'create' })).toBe(false);
    expect(source.destroyed).toBe(true);
    expect(await late.put(`${BASE}.mod`, Buffer.from('other'), { size: 5, mode: 'create' })).toBe(false);
    expect([await read(`${BASE}.zip`, late), await read(`${BASE}.mod`, late)]).toEqual([VERSION.zip, VERSION.mod]);
    await expect(store.put(`${BASE}.mod`, Buffer.from('x'), { size: 1, mode: 'replace' })).rejects.toThrow(TypeError);
    await late.close();
  });

  it('gets a version once more when the connection broke under it', async () => {
    let saves = 0;
    const breaking = createServer((request, response) => {
      request.resume();
      if (request.method !== 'POST') response.writeHead(404).end();
      else if (++saves === 1) request.socket.destroy();
      else response.end();
    }).listen(0, '127.0.0.1');
    await once(breaking, 'listening');
    await store.close();
    store = await connect(true, `http://127.0.0.1:${(breaking.address() as AddressInfo).port}`);
    for (const kind of ['mod', 'info', 'zip'] as const) expect(await put(kind)).toBe(true);
    expect([saves, await waiting()]).toEqual([2, []]);
    breaking.closeAllConnections();
    breaking.close();
  });

  it('gets what was left in the folder when a process that writes starts', async () => {
    for (const kind of ['mod', 'info'] as const) await put(kind);
    // A process that dies after it has put the last file, before the version is sent.
    const kept = join(folder, 'meta/.meta/waiting', `${BASE}.zip`);
    await writeFile(kept, VERSION.zip);
    await (await connect(false)).close();
    expect(await served()).toEqual([]);
    await (await connect()).close();
    expect([await served(), await waiting()]).toEqual([['v1.0.0'], []]);
    expect(await read(`${BASE}.zip`)).toBe(VERSION.zip);
  });

  it('that is away keeps nobody from what waits, and misses nothing of it', async () => {
    for (const kind of ['mod', 'info'] as const) await put(kind);
    await server.close();
    await expect(put('zip')).rejects.toMatchObject({ kind: 'busy', message: 'the storage can not be reached' });
    await expect(store.get(`${BASE}.zip`)).rejects.toMatchObject({ kind: 'busy' });
    await expect(store.check()).rejects.toMatchObject({ kind: 'busy' });
    expect(await read(`${BASE}.mod`)).toBe(VERSION.mod);
    await restart();
    await store.check();
    expect(await put('zip')).toBe(true);
    expect(await served()).toEqual(['v1.0.0']);
  });

  it('gives parts of a zip, though it knows no ranges', async () => {
    const zip = Buffer.concat([...patternChunks(3 * MiB)]);
    for (const kind of ['mod', 'info'] as const) await put(kind);
    await put('zip', zip, zip.length);
    for (const [start, end] of [
      [0, 0],
      [MiB - 5, 2 * MiB + 5],
      [zip.length - 1, zip.length - 1],
    ] as const) {
      const found = await store.get(`${BASE}.zip`, { start, end });
      expect((await readBody(found!.body)).equals(zip.subarray(start, end + 1))).toBe(true);
      expect(found!.stat).toEqual(await store.stat(`${BASE}.zip`));
    }
    await expect(store.get(`${BASE}.zip`, { start: 0, end: zip.length })).rejects.toThrow(RangeError);
  });

  it('takes a .mod of more than it says the length of', async () => {
    const mod = Buffer.from(`module example.com/M\n${'// long\n'.repeat(10_000)}`);
    await put('mod', mod, mod.length);
    for (const kind of ['info', 'zip'] as const) await put(kind);
    expect(await served()).toEqual(['v1.0.0']);
    expect(await read(`${BASE}.mod`)).toBe(mod.toString());
  });

  it('lists in order what is in the folder, and what waits by its own key', async () => {
    await put('mod');
    const others = ['.meta/receipts/x', 'example.com/!m/@v/list', 'example.com/!m/@latest', 'example.com/z/@v/list'];
    for (const key of others) await store.put(key, Buffer.from('x'), { size: 1, mode: 'replace' });
    const all = [...others, `${BASE}.mod`].sort();
    expect(await keysOf(store, '')).toEqual(all);
    expect(await keysOf(store, '', 'example.com/!m/@v/list')).toEqual([`${BASE}.mod`, 'example.com/z/@v/list']);
    expect(await keysOf(store, 'example.com/!m/@v/')).toEqual(['example.com/!m/@v/list', `${BASE}.mod`]);
    expect(await keysOf(store, '.meta/')).toEqual(['.meta/receipts/x']);
  });

  it('loses a version whole when one of its files is deleted', async () => {
    for (const kind of ['mod', 'info', 'zip'] as const) await put(kind);
    await store.delete(`${BASE}.zip`);
    expect([await served(), await read(`${BASE}.mod`)]).toEqual([[], null]);
    await store.delete(`${BASE}.zip`);
  });
});
