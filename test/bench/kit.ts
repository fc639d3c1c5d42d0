import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from '../support/free-port.js';

/** The load kit that stands beside the checkout, and what it needs: see its README. */
const SHARED = fileURLToPath(new URL('../../../shared/bench', import.meta.url));

export interface Kit {
  /** Where its programs are, in the user's cache folder. */
  readonly folder: string;
  /** The modules of the real project, as a module cache's download folder. */
  readonly modules: string;
  readonly list: string;
  readonly upsim: string;
  readonly replay: string;
}

/** Builds the kit's programs and fills its module cache, once, in the user's cache folder. */
export async function prepareKit(): Promise<Kit> {
  if (!existsSync(SHARED))
    throw new Error('the load kit is not there: it is expected beside the checkout, in ../shared/bench');
  const folder = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'stoa', 'bench');
  mkdirSync(folder, { recursive: true });
  for (const program of ['upsim', 'replay']) {
    if (!existsSync(join(folder, program)))
      execFileSync('go', ['build', '-o', join(folder, program), '.'], { cwd: join(SHARED, program) });
  }
  const list = join(SHARED, 'project.list');
  const cache = join(folder, 'cache');
  const done = join(folder, 'filled');
  if (!existsSync(done)) {
    console.log('filling the module cache of the load kit, once');
    const env = { ...process.env, GOMODCACHE: cache, GOFLAGS: '-modcacherw' };
    for (const module of modulesOf(readFileSync(list, 'utf8')))
      execFileSync('go', ['mod', 'download', module], { cwd: folder, env });
    execFileSync('python3', [join(SHARED, 'fill.py'), cache], { env, stdio: 'inherit' });
    writeFileSync(done, '');
  }
  return {
    folder,
    modules: join(cache, 'cache', 'download'),
    list,
    upsim: join(folder, 'upsim'),
    replay: join(folder, 'replay'),
  };
}

/** `module@version` of each request path, unescaped. */
function modulesOf(list: string): Set<string> {
  const paths = [...list.matchAll(/^\/(.+)\/@v\/(.+)\.(?:mod|info|zip)$/gm)];
  return new Set(
    paths.map(([, module, version]) =>
      `${module}@${version}`.replace(/!([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    ),
  );
}

/** An upstream with a latency per answer. */
export class Upsim {
  private constructor(
    readonly url: string,
    /** Its checksum database, as GOSUMDB names it. */
    readonly gosumdb: string,
    private readonly child: ChildProcess,
  ) {}

  static async start(kit: Kit, latency: string): Promise<Upsim> {
    const address = `127.0.0.1:${await freePort()}`;
    const child = spawn(kit.upsim, ['-addr', address, '-dir', kit.modules, '-latency', latency], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const upsim = new Upsim(`http://${address}`, /GOSUMDB=(\S+)/.exec(line)?.[1] ?? 'off', child);
    await upsim.listening();
    return upsim;
  }

  async counts(): Promise<Record<string, number>> {
    return (await (await fetch(`${this.url}/-/counts`)).json()) as Record<string, number>;
  }

  async stop(): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.kill();
    await exited;
  }

  /** It says its line just before it listens. */
  private async listening(): Promise<void> {
    for (let tries = 0; tries < 100; tries++) {
      if (
        await fetch(`${this.url}/-/reset`).then(
          () => true,
          () => false,
        )
      )
        return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error('the upstream simulator does not answer');
  }
}

/** Replays a list of requests against a GOPROXY, so many at once; seconds. Throws when an answer failed. */
export async function replay(kit: Kit, base: string, clients = 10): Promise<number> {
  // Not synchronously: the bench itself must go on reading what the processes log.
  const { stdout } = await promisify(execFile)(kit.replay, ['-base', base, '-list', kit.list, '-c', String(clients)]);
  const [, seconds, bad] = /total ([\d.]+)s .* bad=(\d+)/.exec(stdout) ?? [];
  if (bad !== '0') throw new Error(`answers failed: ${stdout}`);
  return Number(seconds);
}

/** Peak resident memory of a process so far, in MiB. */
export function peakMemory(pid: number): number {
  return memoryOf(pid, 'VmHWM');
}

/** Resident memory of a process now, in MiB. */
export function residentMemory(pid: number): number {
  return memoryOf(pid, 'VmRSS');
}

function memoryOf(pid: number, field: 'VmHWM' | 'VmRSS'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024);
}

/** Milliseconds in which a thread ran, and in which it could have, had there been a core. */
export interface ThreadTime {
  readonly ran: number;
  readonly waited: number;
}

/** Begins to measure the first thread of a process, which is Node's own; gives what has passed since. */
export function mainThread(pid: number): () => ThreadTime {
  const read = (): ThreadTime => {
    const [ran = NaN, waited = NaN] = readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ').map(Number);
    return { ran: ran / 1e6, waited: waited / 1e6 };
  };
  const start = read();
  return () => {
    const now = read();
    return { ran: now.ran - start.ran, waited: now.waited - start.waited };
  };
}

/** Milliseconds of processor time that a process took so far, and its children that have ended, as Linux tells them. */
export function processorTime(pid: number): { readonly own: number; readonly children: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ')
    .map(Number);
  const [user = NaN, system = NaN, childrenUser = NaN, childrenSystem = NaN] = fields.slice(11, 15);
  const TICK = 10; // milliseconds, on every Linux of today
  return { own: (user + system) * TICK, children: (childrenUser + childrenSystem) * TICK };
}

/** The middle one of some measurements. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

/** Answers a second that wrk gets of a URL over 32 connections, in 4 s. Throws when one of them is no success. */
export async function wrk(url: string): Promise<number> {
  const { stdout } = await promisify(execFile)('wrk', ['-t1', '-c32', '-d4s', url]);
  if (stdout.includes('Non-2xx')) throw new Error(stdout);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
}

/** Whether a program is on the PATH. */
export function installed(program: string): boolean {
  try {
    execFileSync('which', [program], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
