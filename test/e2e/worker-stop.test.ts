import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.js';
import { GitHost } from '../support/git-host.js';
import { holdRequests } from '../support/held-requests.js';
import type { StoaProcess } from '../support/processes.js';
import { startStack, type Stack } from '../support/stack.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';

const PATIENT = { timeout: 60_000 };
const zip = (module: string): string => `/${module}/@v/v1.0.0.zip`;

let upstream: FakeUpstream;
const cleanups: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  upstream = await startUpstream();
});
afterAll(() => upstream.close());
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function ownStack(env: Record<string, string>, workers = 1): Promise<Stack> {
  const stack = await startStack({ workers, env });
  cleanups.push(() => stack.close());
  return stack;
}

const said = ({ log }: StoaProcess): unknown[] => log.map(({ msg }) => msg);
const did = ({ log }: StoaProcess): unknown[] =>
  log.filter(({ msg, job }) => msg === 'job done' && job === 'fetch.zip').map(({ subject }) => subject);

describe('a worker told to stop', () => {
  it('finishes what it has within its grace, takes nothing more, and exits 0', async () => {
    const stack = await ownStack({ GOPROXY: upstream.url, STOA_SHUTDOWN_GRACE: '30s' });
    const [last, ...later] = ['example.com/last', 'example.com/l1', 'example.com/l2', 'example.com/l3'] as const;
    for (const module of [last, ...later]) upstream.add(module, 'v1.0.0');
    const [held] = holdRequests(upstream, zip(last));
    const answer = ask(`${stack.url}${zip(last)}`);
    await held!.arrived;
    const next = await stack.addWorker();
    const [stopping] = stack.workers;
    const exit = stopping!.stop();
    await expect.poll(() => said(stopping!), PATIENT).toContain('SIGTERM: stopping');
    for (const module of later) expect((await ask(`${stack.url}${zip(module)}`)).status).toBe(200);
    held!.release();
    expect(await exit).toBe(0);
    expect((await answer).status).toBe(200);
    expect(did(stopping!)).toEqual([`${last}@v1.0.0`]);
    await expect.poll(() => did(next), PATIENT).toEqual(later.map((module) => `${module}@v1.0.0`));
    expect(upstream.count(zip(last))).toBe(1);
  });

  it('gives back what it can not finish: another has it at once, not when a lock has run out', async () => {
    const stack = await ownStack({ GOPROXY: upstream.url, STOA_SHUTDOWN_GRACE: '200ms' });
    const module = 'example.com/unfinished';
    upstream.add(module, 'v1.0.0');
    const [held] = holdRequests(upstream, zip(module));
    const answer = ask(`${stack.url}${zip(module)}`);
    await held!.arrived;
    const next = await stack.addWorker();
    expect(await stack.workers[0]!.stop()).toBe(0);
    expect((await answer).status).toBe(200);
    expect(said(stack.workers[0]!)).toContain('given back at shutdown');
    expect(said(next)).not.toContain('took over the job of a worker that fell silent');
  });

  it('exits 0 while Redis is away: after its grace if it has a job, of which it says one line, else without it', async () => {
    const stack = await ownStack({ GOPROXY: upstream.url, STOA_SHUTDOWN_GRACE: '200ms' });
    const module = 'example.com/cut-off';
    upstream.add(module, 'v1.0.0');
    const [held] = holdRequests(upstream, zip(module));
    const answer = ask(`${stack.url}${zip(module)}`);
    await held!.arrived;
    const [busy] = stack.workers;
    const idle = await stack.addWorker({ STOA_SHUTDOWN_GRACE: '1h' });
    await stack.redis.stop();
    await Promise.all([busy!.says('Redis is away'), idle.says('Redis is away')]);
    expect(await Promise.all([busy!.stop(), idle.stop()])).toEqual([0, 0]);
    const left = expect.stringContaining('jobs are left as they are') as unknown;
    const away = ['taking jobs', 'Redis is away', 'SIGTERM: stopping'];
    expect(said(busy!).filter((line) => line !== 'given back at shutdown')).toEqual([...away, left, 'stopped']);
    expect(said(idle)).toEqual([...away, 'stopped']);
    expect([...busy!.stray, ...idle.stray]).toEqual([]);
    await stack.redis.start();
    await stack.addWorker();
    expect((await answer).status).toBe(200);
  });

  it('lets a go command that ends within its grace end', async () => {
    const module = 'example.com/in-flight';
    const host = await GitHost.start();
    cleanups.push(() => host.close());
    await host.createRepo(module, [{ files: { 'go.mod': `module ${module}\n` }, tags: ['v1.0.0'] }]);
    const hold = host.hold(module, 'transfer');
    const stack = await ownStack({ GOPROXY: 'direct', STOA_GO_ENV: host.goEnvSetting, STOA_SHUTDOWN_GRACE: '30s' });
    const answer = ask(`${stack.url}${zip(module)}`);
    await hold.arrived;
    const exit = stack.workers[0]!.stop();
    await expect.poll(() => said(stack.workers[0]!), PATIENT).toContain('SIGTERM: stopping');
    hold.release();
    expect(await exit).toBe(0);
    expect((await answer).status).toBe(200);
  });
});

it('a go command that never answers does not keep a worker from starting', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stoa-hung-go-'));
  cleanups.push(() => rm(folder, { recursive: true }));
  const go = join(folder, 'go');
  await writeFile(go, '#!/bin/sh\nexec sleep 600\n');
  await chmod(go, 0o755);
  upstream.add('example.com/kept', 'v1.0.0');
  const stack = await ownStack({ GOPROXY: upstream.url, STOA_GO_BINARY: go, STOA_QUERY_TIMEOUT: '3s' });
  expect(JSON.parse((await ask(`${stack.workers[0]!.ops}/readyz`)).text)).toMatchObject({ status: 'degraded' });
  expect((await ask(`${stack.url}${zip('example.com/kept')}`)).status).toBe(200);
});
