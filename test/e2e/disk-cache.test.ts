import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, metric, sha256 } from '../support/ask.js';
import { startMinio, type Minio } from '../support/minio.js';
import { moduleZip } from '../support/module-zip.js';
import { startStack, type Stack } from '../support/stack.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';

const MODULE = 'example.com/large';
const KEY = `${MODULE}/@v/v1.0.0.zip`;

/** A way to a server on which each connection gives so many bytes, and then none and no end. */
async function stuckAfter(endpoint: string, bytes: number): Promise<{ url: string; close: () => void }> {
  const { hostname, port } = new URL(endpoint);
  const server = createServer((client) => {
    const inner = connect(Number(port), hostname);
    let given = 0;
    inner.on('data', (chunk: Buffer) => {
      given += chunk.length;
      client.write(chunk);
      if (given > bytes) inner.pause();
    });
    client.pipe(inner);
    for (const [one, other] of [
      [client, inner],
      [inner, client],
    ] as const) {
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

describe('a gateway with a disk cache before an S3 server', () => {
  const files = { 'large.bin': randomBytes(20_000_000) };
  const whole = sha256(moduleZip({ module: MODULE, version: 'v1.0.0' }, { 'go.mod': `module ${MODULE}\n`, ...files }));
  let minio: Minio;
  let upstream: FakeUpstream;
  let stack: Stack;

  beforeAll(async () => {
    minio = await startMinio();
    upstream = await startUpstream();
    upstream.add(MODULE, 'v1.0.0', { files });
    stack = await startStack({
      gateways: 0,
      env: {
        GOPROXY: upstream.url,
        STOA_STORAGE: 's3',
        STOA_S3_ENDPOINT: minio.endpoint,
        STOA_S3_ACCESS_KEY: minio.accessKey,
        STOA_S3_SECRET_KEY: minio.secretKey,
        STOA_DISK_CACHE: '1GiB',
      },
    });
  });
  afterAll(async () => {
    await stack?.close();
    await upstream?.close();
    await minio?.stop();
  });

  const read = async (url: string): Promise<[number, string | null, boolean]> => {
    const { status, headers, bytes } = await ask(`${url}/${KEY}`);
    return [status, headers.get('x-stoa-cache'), sha256(bytes) === whole];
  };
  const folder = (): string => join(stack.folder, 'data', 'disk-cache');
  const kept = async (): Promise<number> => (await readdir(folder())).filter((name) => name !== '.tmp').length;

  it('has nothing of a fill that was killed; what it then has outlives the process, until it is deleted', async () => {
    const stuck = await stuckAfter(minio.endpoint, 5_000_000);
    const killed = await stack.addGateway({ STOA_S3_ENDPOINT: stuck.url });
    const request = get(`${killed.url}/${KEY}`);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    await once(response, 'data');
    await killed.kill();
    response.on('error', () => {}).destroy();
    stuck.close();
    expect([await kept(), (await readdir(join(folder(), '.tmp'))).length]).toEqual([0, 1]);

    const second = await stack.addGateway();
    const answers = await Promise.all(Array.from({ length: 5 }, () => read(second.url)));
    expect(answers).toEqual(Array.from({ length: 5 }, () => [200, 'storage', true]));
    await expect.poll(kept).toBe(1);
    expect(await read(second.url)).toEqual([200, 'disk', true]);
    const duration = 'stoa_storage_operation_duration_seconds_count';
    expect(await metric(second.ops, duration, { backend: 's3', operation: 'get', outcome: 'ok' })).toBe(1);
    expect(await metric(second.ops, duration, { backend: 'disk', operation: 'put', outcome: 'ok' })).toBe(1);
    await second.kill();

    const third = await stack.addGateway();
    expect(await read(third.url)).toEqual([200, 'disk', true]);
    const part = await ask(`${third.url}/${KEY}`, { headers: { range: 'bytes=0-1' } });
    expect([part.status, part.text, part.headers.get('x-stoa-cache')]).toEqual([206, 'PK', 'disk']);
    expect(await metric(third.ops, duration, { backend: 's3', operation: 'get', outcome: 'ok' })).toBe(0);

    // Deleted by somebody, who tells all gateways.
    await stack.redis.command('PUBLISH', 'stoa:changed', JSON.stringify({ reason: 'deleted', keys: [KEY] }));
    await expect.poll(kept).toBe(0);
    expect(await read(third.url)).toEqual([200, 'storage', true]);
  });
});
