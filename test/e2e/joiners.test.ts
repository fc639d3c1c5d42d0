import { Queue } from 'bullmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dedupId, SCHEMA, type JobRequest } from '#libs/queue';
import { ask, metric } from '../support/ask.js';
import { startStack, type Stack } from '../support/stack.js';
import { held, startUpstream, type FakeUpstream } from '../support/upstream.js';

let upstream: FakeUpstream;
let stack: Stack;

beforeAll(async () => {
  upstream = await startUpstream();
  const env = { GOPROXY: upstream.url, STOA_DOWNLOAD_CONCURRENCY: '1' };
  stack = await startStack({ gateways: 2, env });
});
afterAll(async () => {
  await stack.close();
  await upstream.close();
});

const askAt = (gateway: 0 | 1, path: string) => ask(`${stack.gateways[gateway]!.url}${path}`);

const joined = () => metric(stack.gateways[1]!.ops, 'stoa_single_flight_joined_total', { job: 'fetch.zip' });
const waiting = () => metric(stack.gateways[0]!.ops, 'stoa_queue_jobs', { queue: 'download', state: 'waiting' });

/** Runs something and resolves once the second gateway has joined one more flight of a zip by it. */
async function joining<T>(begin: () => T): Promise<T> {
  const before = await joined();
  const begun = begin();
  await expect.poll(joined).toBe(before + 1);
  return begun;
}

/** Adds a job past the gateways, as one does who looked before another run had ended, and resolves with its outcome. */
async function addLate(queue: string, { name, payload }: JobRequest): Promise<unknown> {
  const jobs = new Queue(queue, { connection: { path: stack.redis.path }, prefix: 'stoa' });
  try {
    const id = dedupId({ name, payload } as JobRequest);
    const envelope = { schema: SCHEMA, requestId: 'late', payload };
    const added = await jobs.add(name, envelope, { deduplication: { id } });
    const state = (): Promise<string> => added.getState();
    await expect.poll(state).toBe('completed');
    return (await jobs.getJob(added.id!))?.returnvalue;
  } finally {
    await jobs.close();
  }
}

describe('who comes late', () => {
  it('joins a job that is running', async () => {
    const path = '/example.com/running/@v/v1.0.0.zip';
    const zip = held();
    upstream.add('example.com/running', 'v1.0.0').respond(path, zip.script);
    const first = askAt(0, path);
    await zip.asked;
    const second = await joining(() => [askAt(1, path)]);
    zip.release();
    expect([(await first).status, (await second[0]!).status, upstream.count(path)]).toEqual([200, 200, 1]);
  });

  it('joins a job that is queued behind another', async () => {
    const zip = held();
    const [ahead, path] = ['ahead', 'queued'].map((name) => `/example.com/${name}/@v/v1.0.0.zip`) as [string, string];
    upstream.add('example.com/ahead', 'v1.0.0').add('example.com/queued', 'v1.0.0').respond(ahead, zip.script);
    const busy = askAt(0, ahead);
    await zip.asked;
    const first = askAt(0, path);
    await expect.poll(waiting).toBe(1);
    const second = await joining(() => [askAt(1, path)]);
    expect(upstream.count(path)).toBe(0);
    zip.release();
    expect([(await busy).status, (await first).status, (await second[0]!).status]).toEqual([200, 200, 200]);
    expect(upstream.count(path)).toBe(1);
  });

  it('causes no second fetch of what was just stored', async () => {
    const path = '/example.com/stored/@v/v1.0.0.zip';
    upstream.add('example.com/stored', 'v1.0.0');
    expect((await askAt(0, path)).status).toBe(200);
    const payload = { module: 'example.com/stored', version: 'v1.0.0' };
    expect(await addLate('download', { name: 'fetch.zip', payload })).toEqual({ ok: true });
    expect(upstream.count(path)).toBe(1);
  });

  it('causes no second fetch of what was just refused, and learns the same', async () => {
    const path = '/example.com/refused/@v/v1.0.0.info';
    const refused = await askAt(0, path);
    const payload = { module: 'example.com/refused', version: 'v1.0.0' };
    expect(await addLate('query', { name: 'fetch.mod', payload })).toEqual({
      ok: false,
      kind: 'not-found',
      message: refused.text.trim().replace('not found: ', ''),
    });
    expect(upstream.count(path)).toBe(1);
    // Once it is no longer kept, the source is asked again.
    expect(await stack.redis.command('del', `stoa:refusal:${dedupId({ name: 'fetch.mod', payload })}`)).toBe(1);
    expect((await askAt(1, path)).status).toBe(404);
    expect(upstream.count(path)).toBe(2);
  });
});

describe('who leaves', () => {
  it('is waited with no longer, and the job goes on', async () => {
    const path = '/example.com/left/@v/v1.0.0.zip';
    const zip = held();
    upstream.add('example.com/left', 'v1.0.0').respond(path, zip.script);
    const clients = () => metric(stack.gateways[0]!.ops, 'stoa_waiting_clients');
    const leaving = new AbortController();
    const leaver = ask(stack.gateways[0]!.url + path, { signal: leaving.signal }).catch(() => 'left');
    const other = askAt(0, path);
    await zip.asked;
    await expect.poll(clients).toBe(2);
    leaving.abort();
    expect(await leaver).toBe('left');
    await expect.poll(clients).toBe(1);
    zip.release();
    expect([(await other).status, upstream.count(path)]).toEqual([200, 1]);
  });
});
