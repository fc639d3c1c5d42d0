import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProcess, type StoaProcess, type Wrapper } from './processes.js';
import { startRedis, type RedisPlace, type TestRedis } from './redis.js';

export interface StackOptions {
  readonly gateways?: number;
  readonly workers?: number;
  /** The settings of all processes. */
  readonly env: Record<string, string>;
  /** A folder for its folder, which then stays when the stack is closed. */
  readonly parent?: string;
  /** Whether the logs are kept for the test; a benchmark throws them away, written all the same. */
  readonly log?: boolean;
}

/** Gateways, workers, and files in a folder of their own. */
export interface Processes {
  readonly gateways: StoaProcess[];
  readonly workers: StoaProcess[];
  readonly folder: string;
  /** The first gateway's address. */
  readonly url: string;
  readonly addWorker: (env?: Record<string, string>, wrapper?: Wrapper) => Promise<StoaProcess>;
  readonly addGateway: (env?: Record<string, string>, wrapper?: Wrapper) => Promise<StoaProcess>;
  close(): Promise<void>;
}

/** A whole Stoa, with a real Redis of its own. */
export interface Stack extends Processes {
  readonly redis: TestRedis;
}

/** Starts a stack on file storage, unless the environment says otherwise. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const redis = await startRedis();
  try {
    const processes = await startProcesses(redis, options);
    const close = async (): Promise<void> => {
      await processes.close();
      await redis.close();
    };
    return { ...processes, redis, close };
  } catch (error) {
    await redis.close();
    throw error;
  }
}

/** Starts gateways and workers on a Redis that the test keeps: its close ends the processes alone. */
export async function startProcesses(
  redis: RedisPlace,
  { gateways = 1, workers = 1, env, parent, log = true }: StackOptions,
): Promise<Processes> {
  const folder = await mkdtemp(join(parent ?? tmpdir(), 'stoa-stack-'));
  const settings = {
    ...redis.env,
    STOA_DATA_DIR: join(folder, 'data'),
    STOA_SHUTDOWN_GRACE: '5s',
    GOSUMDB: 'off',
    // The hosts that a forward proxy of the tests plays: what is allowed is not looked up, so no question leaves the machine.
    STOA_ALLOW_PRIVATE_ADDRESSES: 'example.com,git.corp.example',
    ...env,
  };
  const running: { gateways: StoaProcess[]; workers: StoaProcess[] } = { gateways: [], workers: [] };
  const add =
    (command: 'api' | 'worker', among: StoaProcess[]): Processes['addWorker'] =>
    async (more = {}, wrapper) => {
      const started = await startProcess(command, { ...settings, ...more }, { log, ...(wrapper ? { wrapper } : {}) });
      among.push(started);
      return started;
    };
  const addWorker = add('worker', running.workers);
  const addGateway = add('api', running.gateways);
  const close = async (): Promise<void> => {
    await Promise.all([...running.gateways, ...running.workers].map((one) => one.kill()));
    if (parent === undefined) await rm(folder, { recursive: true, force: true });
  };
  try {
    await Promise.all([
      ...Array.from({ length: workers }, () => addWorker()),
      ...Array.from({ length: gateways }, () => addGateway()),
    ]);
  } catch (error) {
    await close();
    throw error;
  }
  return { ...running, folder, url: running.gateways[0]?.url ?? '', addWorker, addGateway, close };
}
