import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, sha256 } from '../support/ask.js';
import { Crowd } from '../support/crowd.js';
import { connectionsTo, descriptors, residentMemory } from '../support/descriptors.js';
import { startMinio, type Minio } from '../support/minio.js';
import type { StoaProcess } from '../support/processes.js';
import { startStack, type Stack } from '../support/stack.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';

const ZIP = '/example.com/large/@v/v1.0.0.zip';
const SMALL = '/example.com/large/@v/v1.0.0.mod';
/** Bytes that the hostile hundreds may cost a gateway; they are more than a hundred times that in open answers. */
const MEMORY = 200 * 1024 * 1024;

describe.each(['fs', 's3'])('a gateway on %s storage', (kind) => {
  let minio: Minio | undefined;
  let upstream: FakeUpstream;
  let stack: Stack;
  let gateway: StoaProcess;
  let crowd: Crowd;

  beforeAll(async () => {
    upstream = await startUpstream();
    upstream.add('example.com/large', 'v1.0.0', { files: { 'large.bin': Buffer.alloc(12_000_000, 3) } });
    minio = kind === 's3' ? await startMinio() : undefined;
    stack = await startStack({ env: { GOPROXY: upstream.url, ...(minio ? s3(minio) : {}) } });
    gateway = stack.gateways[0]!;
    crowd = new Crowd(stack.url);
    for (const path of [ZIP, SMALL]) await ask(`${stack.url}${path}`);
  });
  afterAll(async () => {
    await crowd?.leave();
    await stack?.close();
    await upstream?.close();
    await minio?.stop();
  });

  /** What a gateway holds for its clients: descriptors of any kind, and connections to the storage among them. */
  const held = async (): Promise<{ all: number; storage: number }> => ({
    all: (await descriptors(gateway.pid)).length,
    storage: minio ? await connectionsTo(gateway.pid, Number(new URL(minio.endpoint).port)) : 0,
  });

  const expectHits = async (): Promise<void> => {
    const whole = sha256(upstream.file(ZIP));
    for (let round = 0; round < 2; round++) {
      const [zip, mod] = await Promise.all([ask(`${stack.url}${ZIP}`), ask(`${stack.url}${SMALL}`)]);
      expect([zip.status, sha256(zip.bytes), mod.status]).toEqual([200, whole, 200]);
    }
  };

  it('serves others while hundreds read slowly, say nothing, or spell their headers', async () => {
    await expectHits();
    const before = { held: await held(), memory: await residentMemory(gateway.pid) };
    await crowd.slowReaders(40, ZIP, 1_000);
    await crowd.halfOpen(200);
    await crowd.slowHeaders(50);
    await crowd.idle(300, SMALL);
    expect((await held()).all).toBeGreaterThan(before.held.all + 550);
    await expectHits();
    expect(await residentMemory(gateway.pid)).toBeLessThan(before.memory + MEMORY);

    await crowd.leave();
    await expect.poll(held, { timeout: 40_000 }).toSatisfy(noMoreThan(before.held));
    await expectHits();
  }, 60_000);

  it('lets go of the storage when a client leaves in mid-answer, before it, or while it waits for a job', async () => {
    const before = await held();
    for (const bytes of [0, 1, 100_000, 5_000_000]) await crowd.aborting(25, ZIP, bytes);
    upstream.add('example.com/late', 'v1.0.0', { files: { 'large.bin': Buffer.alloc(2_000_000, 5) } });
    const late = '/example.com/late/@v/v1.0.0.zip';
    const asked = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    upstream.respond(late, async (_request, _response, serve) => {
      asked.resolve();
      await gone.promise;
      serve();
    });
    const waiting = crowd.aborting(50, late, 0);
    await Promise.all([waiting, asked.promise]);
    gone.resolve();
    expect((await ask(`${stack.url}${late}`)).status).toBe(200);
    await expect.poll(held, { timeout: 40_000 }).toSatisfy(noMoreThan(before));
    await expectHits();
  }, 60_000);
});

function noMoreThan(before: { all: number; storage: number }) {
  return (now: { all: number; storage: number }): boolean => now.all <= before.all && now.storage <= before.storage;
}

function s3(minio: Minio): Record<string, string> {
  return {
    STOA_STORAGE: 's3',
    STOA_S3_ENDPOINT: minio.endpoint,
    STOA_S3_ACCESS_KEY: minio.accessKey,
    STOA_S3_SECRET_KEY: minio.secretKey,
  };
}
