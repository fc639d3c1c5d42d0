import { afterAll, beforeAll, describe, it, type TestContext } from 'vitest';
import { ask, sha256 } from '../support/ask.js';
import { holdRequests } from '../support/held-requests.js';
import { moduleZip } from '../support/module-zip.js';
import type { StoaProcess } from '../support/processes.js';
import { startStack, type Stack } from '../support/stack.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';

/** Seconds go by where a lock must run out, more where the machine is busy. */
const PATIENT = { timeout: 60_000 };
const version = 'v1.0.0';
const zip = (module: string): string => `/${module}/@v/${version}.zip`;

let upstream: FakeUpstream;
beforeAll(async () => {
  upstream = await startUpstream();
});
afterAll(() => upstream.close());

/** A stack of one gateway and one worker, which has the settings of `first` besides. */
async function stackOf(
  { onTestFinished }: TestContext,
  first: Record<string, string> = {},
): Promise<{ stack: Stack; worker: StoaProcess }> {
  const stack = await startStack({ workers: 0, env: { GOPROXY: upstream.url } });
  onTestFinished(() => stack.close());
  return { stack, worker: await stack.addWorker(first) };
}

/** What a worker that fell silent left to another. */
const left = (worker: StoaProcess): unknown[] => subjectsOf(worker, /^this worker fell silent/);
/** What it is through with: it may have done its part before it heard that another had done it all. */
const over = (worker: StoaProcess): unknown[] => subjectsOf(worker, /^(?:this worker fell silent|job done)/);

function subjectsOf({ log }: StoaProcess, said: RegExp): unknown[] {
  return log.filter(({ msg }) => said.test(String(msg))).map(({ subject }) => subject);
}

// At once, for each of them waits until a lock has run out.
describe.concurrent('the job of a worker', () => {
  it('that is stopped past its lock is another one’s; when it goes on, what it was told counts no more', async (test) => {
    const { expect } = test;
    const { stack, worker: stopped } = await stackOf(test);
    const [changed, failed] = ['example.com/changed', 'example.com/failed'];
    for (const module of [changed, failed]) upstream.add(module, version);
    const held = { changed: holdRequests(upstream, zip(changed), 2), failed: holdRequests(upstream, zip(failed), 2) };
    const answers = { changed: ask(`${stack.url}${zip(changed)}`), failed: ask(`${stack.url}${zip(failed)}`) };
    await Promise.all([held.changed[0]!.arrived, held.failed[0]!.arrived]);
    await stack.addWorker();
    stopped.signal('SIGSTOP');
    await Promise.all([held.changed[1]!.arrived, held.failed[1]!.arrived]);

    held.changed[1]!.release();
    expect(sha256((await answers.changed).bytes)).toBe(sha256(upstream.file(zip(changed))));
    held.changed[0]!.release((_request, response) => {
      const files = { 'go.mod': `module ${changed}\n`, 'other.go': 'package other\n' };
      response.end(moduleZip({ module: changed, version }, files));
    });
    held.failed[0]!.release((_request, response) => void response.writeHead(500).end());
    stopped.signal('SIGCONT');
    await expect.poll(() => left(stopped), PATIENT).toContain(`${failed}@${version}`);
    await expect.poll(() => over(stopped), PATIENT).toContain(`${changed}@${version}`);
    expect(await stack.redis.command('keys', '*:refusal:*')).toEqual([]);
    held.failed[1]!.release();
    expect((await answers.failed).status).toBe(200);
    expect(sha256((await ask(`${stack.url}${zip(changed)}`)).bytes)).toBe(sha256(upstream.file(zip(changed))));
  });

  it('that runs out of memory is another one’s', async (test) => {
    const { expect } = test;
    const { stack, worker: small } = await stackOf(test, { NODE_OPTIONS: '--max-old-space-size=64' });
    const module = 'example.com/huge-list';
    const list = Array.from({ length: 300_000 }, (_, at) => `v1.0.${at}`);
    upstream.addList(module, list);
    const [first] = holdRequests(upstream, `/${module}/@v/list`);
    const answer = ask(`${stack.url}/${module}/@v/list`);
    await first!.arrived;
    await stack.addWorker();
    first!.release();
    expect(await small.ended).not.toBe(0);
    const { status, text } = await answer;
    expect([status, text.split('\n').length]).toEqual([200, list.length + 1]);
  });

  it('that is told twice to stop, and stops at once, is another one’s', async (test) => {
    const { expect } = test;
    const { stack, worker } = await stackOf(test);
    const module = 'example.com/twice';
    upstream.add(module, version);
    const [first] = holdRequests(upstream, zip(module));
    const answer = ask(`${stack.url}${zip(module)}`);
    await first!.arrived;
    await stack.addWorker();
    worker.signal('SIGTERM');
    await expect.poll(() => worker.log.map(({ msg }) => msg), PATIENT).toContain('SIGTERM: stopping');
    worker.signal('SIGTERM');
    expect(await worker.ended).toBe(1);
    expect((await answer).status).toBe(200);
    expect(upstream.count(zip(module))).toBe(2);
  });

  it('that is killed while jobs of a busy host are delayed: none of them is lost', async (test) => {
    const { expect } = test;
    const slots = { STOA_DOWNLOAD_CONCURRENCY: '4' };
    const { stack, worker } = await stackOf(test, slots);
    const modules = Array.from({ length: 8 }, (_, at) => `busy.example.com/m${at}`);
    let held = 0;
    const full = Promise.withResolvers<void>();
    upstream.respond('/busy.example.com/', (request, _response, serve) => {
      if (!request.url?.endsWith('.zip') || held === 2) return serve();
      if (++held === 2) full.resolve(); // the host's share; the answers never come
      return undefined;
    });
    for (const module of modules) upstream.add(module, version);
    const answers = modules.map((module) => ask(`${stack.url}${zip(module)}`));
    await full.promise;
    await expect.poll(() => stack.redis.command('zcard', 'stoa:download:delayed'), PATIENT).toBe(6);
    await worker.kill();
    await stack.addWorker(slots);
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(modules.map(() => 200));
    for (const module of modules) expect(upstream.count(zip(module))).toBeLessThanOrEqual(2);
  });
});
