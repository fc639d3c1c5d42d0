import { AssumeRoleProvider } from 'minio/dist/esm/AssumeRoleProvider.mjs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadConfig } from '#libs/config';
import { Metrics } from '#libs/observability';
import { openStorage, readBody } from '#libs/storage';
import { ask, metric, sha256 } from '../support/ask.js';
import { runCommand, settingsBeside } from '../support/command.js';
import { startMinio } from '../support/minio.js';
import { moduleZip } from '../support/module-zip.js';
import { startStack, type Stack } from '../support/stack.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';

let minio: Awaited<ReturnType<typeof startMinio>>;
let upstream: FakeUpstream;
let stack: Stack;

const LARGE = { 'go.mod': 'module example.com/large\n', 'large.bin': Buffer.alloc(20_000_000, 3) };

const storage = () => ({
  STOA_STORAGE: 's3',
  STOA_S3_ENDPOINT: minio.endpoint,
  STOA_S3_ACCESS_KEY: minio.accessKey,
  STOA_S3_SECRET_KEY: minio.secretKey,
  STOA_S3_PREFIX: 'team/go',
});

beforeAll(async () => {
  minio = await startMinio();
  upstream = await startUpstream();
  upstream.add('example.com/large', 'v1.0.0', { files: { 'large.bin': LARGE['large.bin'] } });
  stack = await startStack({
    gateways: 2,
    workers: 2,
    env: {
      GOPROXY: upstream.url,
      ...storage(),
    },
  });
});
afterAll(async () => {
  await stack?.close();
  await upstream?.close();
  await minio?.stop();
});

describe('a stack on an S3 server', () => {
  it('fetches once, and each gateway serves it', async () => {
    const answers = await Promise.all(stack.gateways.map(({ url }) => ask(`${url}/example.com/large/@v/v1.0.0.zip`)));
    const whole = sha256(moduleZip({ module: 'example.com/large', version: 'v1.0.0' }, LARGE));
    expect(answers.map(({ status, bytes }) => [status, sha256(bytes)])).toEqual([
      [200, whole],
      [200, whole],
    ]);
    expect(upstream.count('/example.com/large/@v/v1.0.0.zip')).toBe(1);
  });

  it('serves ranges, lists and .info, and counts its storage operations', async () => {
    const part = await ask(`${stack.url}/example.com/large/@v/v1.0.0.zip`, { headers: { range: 'bytes=0-1' } });
    expect([part.status, part.text]).toEqual([206, 'PK']);
    expect((await ask(`${stack.url}/example.com/large/@v/list`)).text).toBe('v1.0.0\n');
    expect((await ask(`${stack.url}/example.com/large/@v/v1.0.0.info`)).status).toBe(200);
    const puts = await Promise.all(
      stack.workers.map(({ ops }) =>
        metric(ops, 'stoa_storage_operation_duration_seconds_count', {
          backend: 's3',
          operation: 'put',
          outcome: 'ok',
        }),
      ),
    );
    // The .mod with its .info, the zip, the receipt with its index entry, the list.
    expect(puts.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(4);
  });

  it('is verified and mended there', async () => {
    upstream.add('example.com/damaged', 'v1.0.0');
    const path = 'example.com/damaged/@v/v1.0.0.zip';
    expect((await ask(`${stack.url}/${path.replace('.zip', '.info')}`)).status).toBe(200);
    const before = await ask(`${stack.url}/${path}`);
    const settings = settingsBeside(stack, { GOPROXY: upstream.url, ...storage() });
    expect(await runCommand(['verify'], settings)).toMatchObject({ code: 0, lines: [] });

    const { objects } = await openStorage(loadConfig('worker', settings).config, new Metrics());
    try {
      await objects.put(path, Buffer.from('no zip'), { size: 6, mode: 'replace' });
      expect((await runCommand(['verify', 'example.com/damaged'], settings)).code).toBe(1);
      expect(await runCommand(['verify', 'example.com/damaged', '--repair'], settings)).toMatchObject({
        code: 0,
        lines: [expect.stringMatching(/zip damaged: invalid zip: .+ \(mended\)$/)],
      });
      const kept: string[] = [];
      for await (const { key, size } of objects.list('.meta/quarantine/')) kept.push(`${key} ${size}`);
      expect(kept).toEqual([
        expect.stringMatching(/^\.meta\/quarantine\/example\.com\/damaged\/@v\/v1\.0\.0\.zip\.[0-9a-f]{12} 6$/),
        expect.stringMatching(/\.json \d+$/),
      ]);
      const mended = await objects.get(path);
      expect((await readBody(mended!.body)).equals(before.bytes)).toBe(true);
    } finally {
      await objects.close();
    }
  });

  it('is verified and exported with credentials that may read alone', async () => {
    const held = await readingCredentials();
    const settings = settingsBeside(stack, {
      GOPROXY: upstream.url,
      ...storage(),
      STOA_S3_ACCESS_KEY: held.getAccessKey(),
      STOA_S3_SECRET_KEY: held.getSecretKey(),
      STOA_S3_SESSION_TOKEN: held.getSessionToken() ?? '',
    });
    expect(await runCommand(['verify'], settings)).toMatchObject({ code: 0, lines: [] });
    expect(await runCommand(['export', `${stack.folder}/exported`, '--quiet'], settings)).toMatchObject({ code: 0 });
    expect(await runCommand(['delete', 'example.com/large', '--yes'], settings)).toMatchObject({
      code: 1,
      err: 'stoa: the storage denies access (S3: AccessDenied)\n',
    });
  });
});

/** Temporary credentials of the server, for which its token service may not be up at once. */
async function readingCredentials() {
  const { accessKey, secretKey, endpoint: stsEndpoint } = minio;
  const [Action, Resource] = [['s3:GetObject', 's3:ListBucket'], ['arn:aws:s3:::*']];
  const policy = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource }] });
  return vi.waitFor(
    () => new AssumeRoleProvider({ stsEndpoint, accessKey, secretKey, policy }).getCredentials(),
    30_000,
  );
}

describe('STOA_ZIP_REDIRECT', () => {
  it('sends clients to the storage for zips, and for nothing else', async () => {
    const gateway = await stack.addGateway({ STOA_ZIP_REDIRECT: 'on' });
    const path = '/example.com/large/@v/v1.0.0.zip';
    const sent = await ask(`${gateway.url}${path}`, { redirect: 'manual' });
    expect([sent.status, sent.headers.get('x-stoa-cache'), sent.headers.get('cache-control')]).toEqual([
      302,
      'storage',
      'public, max-age=300',
    ]);
    const location = sent.headers.get('location')!;
    expect(new URL(location).origin).toBe(minio.endpoint);
    const whole = sha256(moduleZip({ module: 'example.com/large', version: 'v1.0.0' }, LARGE));
    expect(sha256((await ask(location)).bytes)).toBe(whole);
    // Followed, as go does.
    const part = await ask(`${gateway.url}${path}`, { headers: { range: 'bytes=0-1' } });
    expect([part.status, part.text]).toEqual([206, 'PK']);
    for (const [asked, method] of [
      [path, 'HEAD'],
      ['/example.com/large/@v/v1.0.0.mod', 'GET'],
      ['/example.com/large/@v/list', 'GET'],
    ] as const)
      expect((await ask(`${gateway.url}${asked}`, { method, redirect: 'manual' })).status).toBe(200);
    expect((await ask(`${gateway.url}/example.com/none/@v/v1.0.0.zip`, { redirect: 'manual' })).status).toBe(404);
    expect(JSON.stringify(gateway.log)).not.toContain('X-Amz-Signature');
  });
});
