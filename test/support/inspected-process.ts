import { once } from 'node:events';
import type { StoaProcess } from './processes.js';
import { until } from './until.js';

/** What a process holds, after a collection of garbage. */
export interface Holdings {
  /** Bytes of live objects. */
  readonly heap: number;
  /** Timers, sockets and the like by their kind: `process.getActiveResourcesInfo()`. */
  readonly resources: Readonly<Record<string, number>>;
  readonly descriptors: number;
  readonly rss: number;
  /** Microseconds of CPU since its start. */
  readonly cpu: number;
}

/** Starts a process with an inspector on loopback, and lets a test look into it. */
export async function startInspected(
  start: (env: Record<string, string>) => Promise<StoaProcess>,
): Promise<StoaProcess & { readonly holdings: () => Promise<Holdings> }> {
  const process = await start({ NODE_OPTIONS: '--inspect=127.0.0.1:0' });
  const address = (): string | undefined =>
    process.stray.map((line) => /^Debugger listening on (ws:.+)/.exec(line)?.[1]).find((url) => url !== undefined);
  await until(() => Promise.resolve(address() !== undefined));
  const url = address()!;
  return { ...process, holdings: () => look(url) };
}

const LOOK = `(() => {
  const resources = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  const { heapUsed: heap, rss } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const descriptors = process.getBuiltinModule('fs').readdirSync('/proc/self/fd').length;
  return JSON.stringify({ heap, rss, resources, descriptors, cpu: user + system });
})()`;

async function look(url: string): Promise<Holdings> {
  const socket = new WebSocket(url);
  await once(socket, 'open');
  let id = 0;
  const call = async (method: string, params: object = {}): Promise<unknown> => {
    const own = ++id;
    const answer = new Promise<unknown>((resolve) => {
      socket.addEventListener('message', ({ data }) => {
        const message = JSON.parse(String(data)) as { id?: number; result?: unknown };
        if (message.id === own) resolve(message.result);
      });
    });
    socket.send(JSON.stringify({ id: own, method, params }));
    return answer;
  };
  try {
    await call('HeapProfiler.enable');
    for (let i = 0; i < 3; i++) await call('HeapProfiler.collectGarbage');
    await call('HeapProfiler.disable');
    const { result } = (await call('Runtime.evaluate', { expression: LOOK })) as { result: { value: string } };
    return JSON.parse(result.value) as Holdings;
  } finally {
    socket.close();
  }
}
