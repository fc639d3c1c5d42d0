import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { processGroup } from '../../libs/fetcher/test/direct/process-group.js';
import { type Recorder, startRecorder } from '../../libs/fetcher/test/direct/recorder.js';
import { ask } from '../support/ask.js';
import { GitHost, type Hang } from '../support/git-host.js';
import { startStack, type Stack } from '../support/stack.js';

const MODULE = 'example.com/mod';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

interface HangingWorker {
  readonly stack: Stack;
  readonly host: GitHost;
  readonly hang: Hang;
  readonly answer: Promise<unknown>;
  /** The living processes of its go commands, and of the gits below them. */
  readonly processes: () => Promise<string[]>;
}

/** A worker whose go commands, one for the `.mod` and one for the zip, wait for a host that hangs. */
async function hangingWorker(env: Record<string, string> = {}): Promise<HangingWorker> {
  const host = await GitHost.start();
  cleanups.push(() => host.close());
  await host.createRepo(MODULE, [{ files: { 'go.mod': `module ${MODULE}\n` }, tags: ['v1.0.0'] }]);
  const hang = host.hang(MODULE);
  const recorder: Recorder = await startRecorder();
  cleanups.push(() => recorder.close());
  const stack = await startStack({
    env: { GOPROXY: 'direct', STOA_GO_ENV: host.goEnvSetting, PATH: recorder.path, ...env },
  });
  cleanups.push(() => stack.close());
  const answer = ask(`${stack.url}/${MODULE}/@v/v1.0.0.zip`).catch(() => null);
  await hang.arrived;
  const processes = async (): Promise<string[]> => {
    const groups = (await recorder.lines())
      .filter((line) => / go (list|mod) /.test(line))
      .map((line) => Number.parseInt(line, 10));
    return (await Promise.all(groups.map(processGroup))).flat();
  };
  await expect.poll(processes).toEqual(expect.arrayContaining(['go', 'go', expect.stringMatching(/^git/)]));
  return { stack, host, hang, answer, processes };
}

it('a worker that is killed takes its go commands and their gits with it, within seconds', async () => {
  const { stack, hang, processes } = await hangingWorker();
  await stack.workers[0]?.kill();
  await hang.abandoned;
  await expect.poll(processes).toEqual([]);
});

it('and one that is stopped in the middle does so too', async () => {
  const { stack, hang, processes } = await hangingWorker({ STOA_SHUTDOWN_GRACE: '100ms' });
  expect(await stack.workers[0]?.stop()).toBe(0);
  await hang.abandoned;
  await expect.poll(processes).toEqual([]);
});

it('a deadline ends the go command, and the worker goes on', async () => {
  const { stack, host, hang, answer, processes } = await hangingWorker({
    STOA_FETCH_TIMEOUT: '10s',
    STOA_QUERY_TIMEOUT: '10s',
  });
  await answer;
  await hang.abandoned;
  await expect.poll(processes).toEqual([]);
  await host.createRepo('example.com/other', [{ files: { 'go.mod': 'module example.com/other\n' }, tags: ['v1.0.0'] }]);
  expect((await ask(`${stack.url}/example.com/other/@v/v1.0.0.zip`)).status).toBe(200);
});

it('a worker without a go command says so, serves upstreams, and refuses what needs version control', async () => {
  const host = await GitHost.start();
  cleanups.push(() => host.close());
  const stack = await startStack({
    env: { GOPROXY: 'direct', STOA_GO_ENV: host.goEnvSetting, STOA_GO_BINARY: join(host.root, 'no-go') },
  });
  cleanups.push(() => stack.close());
  const ready = await ask(`${stack.workers[0]?.ops}/readyz`);
  expect([ready.status, JSON.parse(ready.text)]).toEqual([
    200,
    expect.objectContaining({
      status: 'degraded',
      checks: expect.objectContaining({ go: 'no go command: direct is refused' }) as unknown,
    }),
  ]);
  const { status, text } = await ask(`${stack.url}/${MODULE}/@v/list`);
  expect([status, text]).toEqual([503, `unavailable: ${MODULE}: this worker has no go command\n`]);
});
