import { GitHost } from '../support/git-host.js';
import { startStack, type Stack } from '../support/stack.js';
import { median, processorTime } from './kit.js';
import { startRecordedHost, type RecordedHost } from './recorded-host.js';

const ROUNDS = 3;
const CORES = 2;
/** Repositories of their own, for one repository has one transfer at a time; each of them is new to the workers. */
const MODULES = 80;
/** Clients at once: more than all workers have slots for. */
const CLIENTS = 16;
/** Those that are timed begin and end with all clients waiting: of the last ones a worker may have none left. */
const TIMED = MODULES - 2 * CLIENTS;
const COUNTS = [1, 2, 8] as const;
/** More modules for each worker, before those that are measured: code that never ran costs most. */
const WARM = 16;

/** Of the modules that are measured: how many a second, and milliseconds of processor time that each took. */
interface Run {
  readonly rate: number;
  readonly workers: number;
  readonly commands: number;
  readonly others: number;
}

/**
 * Small modules through `direct`, which is processor time of go and git, by one, two and eight workers of one go command
 * each. A worker is held to one core, as a container with one CPU is: left alone on two, it runs go on one and does its
 * own work on the other, so that a second worker would find less than a core to add. Gateway, clients and hosts run on
 * the same cores, wherever there is room, and what they take can't scale; so the host of the repositories answers from
 * memory what it was asked in a first pass.
 */
export async function moreWorkers(): Promise<void> {
  const host = await GitHost.start();
  const modules = Array.from({ length: MODULES + WARM * Math.max(...COUNTS) }, (_, at) => `example.com/small${at}`);
  // Not the go.mod that go makes up for a module without one: a worker asks git whether that is the real one.
  for (const module of modules)
    await host.createRepo(module, [{ files: { 'go.mod': `module ${module}\n\ngo 1.19\n` }, tags: ['v1.0.0'] }]);
  const recorded = await startRecordedHost(host);
  await fetchModules(recorded, modules, 2, modules.length - MODULES);
  const before = recorded.recorded();
  const runs = new Map<number, Run[]>(COUNTS.map((count) => [count, []]));
  // In turn, so that what else the machine does falls upon all alike.
  for (let round = 0; round < ROUNDS; round++)
    for (const count of COUNTS) runs.get(count)!.push(await fetchModules(recorded, modules, count, WARM * count));
  const fresh = recorded.recorded() - before;
  await recorded.close();
  await host.close();
  const middle = (count: number, figure: keyof Run): number => median(runs.get(count)!.map((run) => run[figure]));
  const [one, two, eight] = COUNTS.map((count) => middle(count, 'rate')) as [number, number, number];
  console.log(
    `${TIMED} small modules through direct, a core and STOA_GO_CONCURRENCY=1 to each worker: one worker ${one.toFixed(1)} modules/s, two ${two.toFixed(1)}: ratio ${(two / one).toFixed(2)}; eight on the same two cores ${eight.toFixed(1)}: ${(eight / two).toFixed(2)} of two (median of ${ROUNDS}; ${fresh} questions of git were not in memory)`,
  );
  for (const count of COUNTS)
    console.log(
      `  processor time of a module with ${count}: worker ${middle(count, 'workers').toFixed(0)} ms, go and git ${middle(count, 'commands').toFixed(0)} ms, gateway, clients and hosts ${middle(count, 'others').toFixed(0)} ms`,
    );
}

/** Has workers that just started fetch `warm` modules, then those that are measured. */
async function fetchModules(
  host: RecordedHost,
  modules: readonly string[],
  workers: number,
  warm: number,
): Promise<Run> {
  const env = { GOPROXY: 'direct', STOA_GO_ENV: `${host.goEnvSetting};GOMAXPROCS=1`, STOA_GO_CONCURRENCY: '1' };
  const stack = await startStack({ workers: 0, env, log: false });
  try {
    for (let at = 0; at < workers; at++) await stack.addWorker({}, ['taskset', '--cpu-list', String(at % CORES)]);
    await fetchAll(stack.url, modules.slice(MODULES, MODULES + warm));
    const since = readTimes(stack);
    const answered = await fetchAll(stack.url, modules.slice(0, MODULES));
    const seconds = (answered[CLIENTS + TIMED - 1]! - answered[CLIENTS - 1]!) / 1000;
    const now = readTimes(stack);
    const each = (figure: keyof typeof now): number => (now[figure] - since[figure]) / MODULES;
    return {
      rate: TIMED / seconds,
      workers: each('workers'),
      commands: each('commands'),
      others: each('others'),
    };
  } finally {
    await stack.close();
  }
}

function readTimes({ workers, gateways }: Stack): Pick<Run, 'workers' | 'commands' | 'others'> {
  const times = workers.map(({ pid }) => processorTime(pid));
  const others = [process.pid, ...gateways.map(({ pid }) => pid)].map((pid) => processorTime(pid).own);
  return {
    workers: sum(times.map(({ own }) => own)),
    commands: sum(times.map(({ children }) => children)),
    others: sum(others),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Fetches modules, and gives when each answer came. */
async function fetchAll(url: string, modules: string[]): Promise<number[]> {
  const answered: number[] = [];
  const client = async (): Promise<void> => {
    for (let module = modules.pop(); module !== undefined; module = modules.pop()) {
      const response = await fetch(`${url}/${module}/@v/v1.0.0.zip`);
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`${module}: ${response.status}`);
      answered.push(performance.now());
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return answered;
}
