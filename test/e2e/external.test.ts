import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.js';
import { runCommand } from '../support/command.js';
import { freePort } from '../support/free-port.js';
import { goClient, type GoClient } from '../support/go.js';
import { startProcess } from '../support/processes.js';
import { startStack, type Stack } from '../support/stack.js';
import { startSixRoutes } from '../support/storage-servers.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';

/** A storage server that can be stopped and comes back at the same address. */
interface Restartable {
  readonly url: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}

interface Case {
  readonly name: string;
  /** Makes a server whose data is in the folder; the first start chooses the address. */
  readonly server: (folder: string) => Restartable;
  readonly settings: (folder: string) => Record<string, string>;
  /** Where receipts and the like are, below the folder. */
  readonly meta: string;
  /** Whether all of its files can be listed. */
  readonly lists: boolean;
}

const TOKEN = { STOA_EXTERNAL_TOKEN: 'a-secret-token' };
/** Too large for the memory of a gateway: it is read from the storage each time. */
const LARGE = Buffer.alloc(3_000_000, 7);

function restartable(begin: (address: string) => Promise<{ stop: () => Promise<unknown> }>): Restartable {
  let [address, stop] = ['', async (): Promise<unknown> => undefined];
  return {
    get url() {
      return `http://${address}`;
    },
    async start() {
      address ||= `127.0.0.1:${await freePort()}`;
      const begun = await begin(address);
      stop = () => begun.stop();
    },
    async stop() {
      await stop();
    },
  };
}

const CASES: readonly Case[] = [
  {
    name: 'stoa storage',
    server: (folder) =>
      restartable((address) =>
        startProcess('storage', { STOA_LISTEN: address, STOA_DATA_DIR: join(folder, 'served'), ...TOKEN }),
      ),
    settings: () => TOKEN,
    meta: 'served/storage/.meta',
    lists: true,
  },
  {
    name: 'a server with the six basic routes',
    server: (folder) =>
      restartable(async (address) => {
        await mkdir(join(folder, 'served'), { recursive: true });
        const served = await startSixRoutes(join(folder, 'served'), address);
        return { stop: () => served.close() };
      }),
    settings: (folder) => ({ STOA_META_ROOT: join(folder, 'meta') }),
    meta: 'meta/.meta',
    lists: false,
  },
];

describe.each(CASES)('a stack on $name', ({ server: make, settings, meta, lists }) => {
  let folder: string;
  let server: Restartable;
  let upstream: FakeUpstream;
  let stack: Stack;
  let go: GoClient;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stoa-external-'));
    server = make(folder);
    await server.start();
    upstream = await startUpstream();
    for (const version of ['v1.0.0', 'v1.1.0', 'v1.2.0-RC.1'])
      upstream.add('example.com/Large', version, { files: { 'large.bin': LARGE } });
    stack = await startStack({
      env: {
        GOPROXY: upstream.url,
        STOA_STORAGE: 'external',
        STOA_EXTERNAL_URL: server.url,
        STOA_LIST_TTL: '0',
        STOA_REFRESH_WAIT: '60s',
        ...settings(folder),
      },
    });
    go = await goClient({ GOPROXY: stack.url, GOSUMDB: 'off' });
  });
  afterAll(async () => {
    await go?.close();
    await stack?.close();
    await upstream?.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const download = (version: string) => go.run(['mod', 'download', '-json', `example.com/Large@${version}`]);
  const zip = '/example.com/!large/@v/v1.0.0.zip';

  it('serves go, fetching once', async () => {
    for (const version of ['v1.0.0', 'v1.2.0-RC.1']) expect(await download(version)).toMatchObject({ code: 0 });
    await go.forget();
    expect(await download('v1.0.0')).toMatchObject({ code: 0 });
    expect(upstream.count(zip)).toBe(1);
    expect((await ask(`${stack.url}/example.com/!large/@v/list`)).text).toBe('v1.0.0\nv1.1.0\nv1.2.0-RC.1\n');
    expect((await ask(`${stack.url}/catalog`)).text).toContain('example.com/Large');
    const part = await ask(`${stack.url}${zip}`, { headers: { range: 'bytes=0-1' } });
    expect([part.status, part.text]).toEqual([206, 'PK']);
  });

  it('says that the storage is away, and goes on when it is back', async () => {
    await server.stop();
    const away = await ask(`${stack.url}${zip}`);
    expect([away.status, away.text]).toEqual([503, 'unavailable: the storage can not be reached\n']);
    expect((await ask(`${stack.url}/readyz`)).status).toBe(503);
    expect((await download('v1.1.0')).code).not.toBe(0);

    await server.start();
    expect((await ask(`${stack.url}${zip}`)).status).toBe(200);
    expect((await ask(`${stack.url}/readyz`)).status).toBe(200);
    await expect.poll(() => download('v1.1.0')).toMatchObject({ code: 0 });
  });

  it('has its files verified and exported, or says that they can not all be listed', async () => {
    const env = {
      STOA_DATA_DIR: join(folder, 'admin'),
      STOA_STORAGE: 'external',
      STOA_EXTERNAL_URL: server.url,
      ...settings(folder),
    };
    const commands = [
      ['verify', '--offline'],
      ['export', join(folder, 'exported'), '--quiet'],
    ];
    for (const words of commands) {
      const { code, out, err } = await runCommand(words, env);
      if (lists)
        expect([code, out + err]).toEqual([0, expect.stringMatching(/[1-9]\d* checked: 0 found|exported [1-9]/)]);
      else expect([code === 0, out, err]).toEqual([false, '', expect.stringContaining('list no modules')]);
    }
  });

  it('has the versions in the server, with nothing left that waits for the rest of one', async () => {
    expect((await readdir(join(folder, meta))).sort()).toEqual(['index', 'receipts']);
    for (const version of ['v1.0.0', 'v1.1.0', 'v1.2.0-RC.1']) {
      const versioned = `${server.url}/example.com/!large/@v/${version}`;
      const answer = await ask(`${versioned}.info`, {
        headers: { authorization: `Bearer ${TOKEN.STOA_EXTERNAL_TOKEN}` },
      });
      expect(answer.status).toBe(200);
    }
  });
});
