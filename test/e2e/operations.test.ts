import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, metric } from '../support/ask.js';
import { startProcess } from '../support/processes.js';
import { startStack, type Stack } from '../support/stack.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';

let upstream: FakeUpstream;
let stack: Stack;

beforeAll(async () => {
  upstream = await startUpstream();
  upstream.add('example.com/kept', 'v1.0.0');
  stack = await startStack({ workers: 2, env: { GOPROXY: upstream.url } });
  for (const path of ['v1.0.0.info', 'v1.0.0.info', 'v1.0.0.zip', 'none.info'])
    await ask(`${stack.url}/example.com/kept/@v/${path}`);
});
afterAll(async () => {
  await stack.close();
  await upstream.close();
});

/** The sum of a sample over all workers. */
async function sum(name: string, labels: Record<string, string>): Promise<number> {
  const samples = await Promise.all(stack.workers.map(({ ops }) => metric(ops, name, labels)));
  return samples.reduce((total, one) => total + one, 0);
}

describe('metrics', () => {
  it('of a gateway tell requests, look-ups, waits, queues and workers', async () => {
    const { ops } = stack.gateways[0]!;
    expect(await metric(ops, 'stoa_http_requests_total', { route: 'info', status: '200', cache: 'fetched' })).toBe(1);
    expect(await metric(ops, 'stoa_http_request_duration_seconds_count', { route: 'info' })).toBe(2);
    expect(await metric(ops, 'stoa_cache_lookups_total', { kind: 'zip', result: 'miss' })).toBe(1);
    expect(await metric(ops, 'stoa_waiting_clients')).toBe(0);
    expect(await metric(ops, 'stoa_workers')).toBe(2);
    const page = (await ask(`${ops}/metrics`)).text;
    expect(page).toContain('stoa_queue_jobs{queue="download",state="waiting"} 0');
    expect(page).toContain('process_resident_memory_bytes');
    expect(page).not.toContain('example.com');
  });

  it('of the workers tell jobs, upstream requests and storage operations', async () => {
    expect(await sum('stoa_job_duration_seconds_count', { job: 'fetch.zip', outcome: 'ok' })).toBe(1);
    expect(await sum('stoa_job_duration_seconds_count', { job: 'query.revision', outcome: 'not-found' })).toBe(1);
    expect(await sum('stoa_upstream_requests_total', { source: 'proxy', outcome: 'ok' })).toBeGreaterThanOrEqual(3);
    // The .mod with its .info, the zip, the receipt with its index entry.
    expect(
      await sum('stoa_storage_operation_duration_seconds_count', { backend: 'fs', operation: 'put' }),
    ).toBeGreaterThanOrEqual(3);
    expect(await sum('stoa_verifications_total', { result: 'ok' })).toBe(1);
  });
});

describe('probes', () => {
  it('are on the operators’ listener of both apps', async () => {
    for (const { ops } of [...stack.gateways, ...stack.workers]) {
      expect((await ask(`${ops}/healthz`)).text).toBe('ok\n');
      expect([(await ask(`${ops}/readyz`)).status, JSON.parse((await ask(`${ops}/readyz`)).text)]).toEqual([
        200,
        expect.objectContaining({ status: 'ok' }),
      ]);
    }
  });

  it('metrics are not on the clients’ listener', async () => {
    expect((await ask(`${stack.url}/metrics`)).status).toBe(404);
  });
});

describe('a process with a bad setting', () => {
  it.each([
    [{ STOA_LIST_TTL: '5 minutes' }, 'STOA_LIST_TTL'],
    [{ STOA_LSIT_TTL: '5m' }, 'did you mean STOA_LIST_TTL'],
    [{ STOA_GO_ENV: 'GOPROXY' }, 'STOA_GO_ENV'],
    [{ STOA_STORAGE: 'external' }, 'STOA_EXTERNAL_URL'],
    [{ SSL_CERT_FILE: '/no/such' }, 'SSL_CERT_FILE'],
  ])('%o: does not start, and says which in a line', async (env, text) => {
    const settings = { GOPROXY: 'off', STOA_DATA_DIR: `${stack.folder}/bad`, ...env };
    const started = startProcess('worker', settings).then(
      () => 'started',
      (error: unknown) => (error as Error).message,
    );
    const lines = (await started).trim().split('\n');
    expect(lines).toEqual(['stoa worker exited with 1:', expect.stringContaining(text)]);
  });
});
