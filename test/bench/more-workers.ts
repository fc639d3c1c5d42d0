import { GitHost } from '../support/git-host.js';
import { startStack } from '../support/stack.js';
import { median } from './kit.js';
import { startRecordedHost, type RecordedHost } from './recorded-host.js';

const ROUNDS = 3;
/** Repositories of their own, for one repository has one transfer at a time; each of them is new to the workers. */
const MODULES = 40;
/** Clients at once: more than all workers have slots for. */
const CLIENTS = 16;
const COUNTS = [1, 2, 8] as const;
/** More modules, which the workers of a run have had before it is measured: code that never ran costs most. */
const WARM = 24;

/**
 * Small modules through `direct`, which is CPU time of go and git, by one, two and eight workers of one go command each,
 * which uses one core. The host of the repositories has the same cores, so it answers from memory what it was asked in
 * a first pass.
 */
export async function moreWorkers(): Promise<void> {
  const host = await GitHost.start();
  const modules = Array.from({ length: MODULES + WARM }, (_, at) => `example.com/small${at}`);
  for (const module of modules)
    await host.createRepo(module, [{ files: { 'go.mod': `module ${module}\n` }, tags: ['v1.0.0'] }]);
  const recorded = await startRecordedHost(host);
  await modulesPerSecond(recorded, modules, 2);
  const before = recorded.recorded();
  const rates = new Map<number, number[]>(COUNTS.map((count) => [count, []]));
  // In turn, so that what else the machine does falls upon all alike.
  for (let round = 0; round < ROUNDS; round++)
    for (const count of COUNTS) rates.get(count)!.push(await modulesPerSecond(recorded, modules, count));
  const fresh = recorded.recorded() - before;
  await recorded.close();
  await host.close();
  const [one, two, eight] = COUNTS.map((count) => median(rates.get(count)!)) as [number, number, number];
  console.log(
    `${MODULES} small modules through direct, STOA_GO_CONCURRENCY=1: one worker ${one.toFixed(1)} modules/s, two ${two.toFixed(1)}: ratio ${(two / one).toFixed(2)}; eight ${eight.toFixed(1)}: ${(eight / two).toFixed(2)} of two (median of ${ROUNDS}; ${fresh} questions of git were not in memory)`,
  );
}

async function modulesPerSecond(host: RecordedHost, modules: readonly string[], workers: number): Promise<number> {
  const env = { GOPROXY: 'direct', STOA_GO_ENV: `${host.goEnvSetting};GOMAXPROCS=1`, STOA_GO_CONCURRENCY: '1' };
  const stack = await startStack({ workers, env, log: false });
  try {
    await fetchAll(stack.url, modules.slice(MODULES));
    const started = performance.now();
    await fetchAll(stack.url, modules.slice(0, MODULES));
    return (MODULES * 1000) / (performance.now() - started);
  } finally {
    await stack.close();
  }
}

async function fetchAll(url: string, modules: string[]): Promise<void> {
  const client = async (): Promise<void> => {
    for (let module = modules.pop(); module !== undefined; module = modules.pop()) {
      const response = await fetch(`${url}/${module}/@v/v1.0.0.zip`);
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`${module}: ${response.status}`);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}
