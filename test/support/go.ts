import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const built = new Map<string, Promise<string>>();

/** Builds a small Go program of the tests, once a process, with the machine's own Go settings. */
export function buildGo(folder: string, name: string): Promise<string> {
  let binary = built.get(folder);
  if (!binary) {
    binary = mkdtemp(join(tmpdir(), `stoa-${name}-`)).then(async (out) => {
      await run('go', ['build', '-o', join(out, name), '.'], { cwd: folder });
      return join(out, name);
    });
    built.set(folder, binary);
  }
  return binary;
}

export interface GoRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A go client of a proxy, with a module cache of its own: what a user has. */
export interface GoClient {
  readonly folder: string;
  /** `env` is of this run alone. */
  run(words: readonly string[], env?: Readonly<Record<string, string>>): Promise<GoRun>;
  /** An empty module cache, as on another machine. */
  forget(): Promise<void>;
  close(): Promise<void>;
}

/** Makes a client in an empty folder. `env` are Go's settings: GOPROXY at least; PATH when it is not the installed go. */
export async function goClient(env: Record<string, string>): Promise<GoClient> {
  const folder = await mkdtemp(join(tmpdir(), 'stoa-go-'));
  const cache = join(folder, 'modcache');
  return {
    folder,
    async run(words, more = {}) {
      try {
        const { stdout, stderr } = await run('go', words, {
          cwd: folder,
          env: {
            PATH: process.env['PATH'] ?? '',
            HOME: folder,
            GOCACHE: join(folder, 'build'),
            GOMODCACHE: cache,
            GOBIN: join(folder, 'bin'),
            GOFLAGS: '-modcacherw',
            GOTOOLCHAIN: 'local',
            GOTELEMETRY: 'off',
            GOENV: 'off',
            ...env,
            ...more,
          },
        });
        return { code: 0, stdout, stderr };
      } catch (error) {
        const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
        return { code, stdout, stderr };
      }
    },
    forget: () => rm(cache, { recursive: true, force: true }),
    // The go command leaves a process behind that tidies up.
    close: () => rm(folder, { recursive: true, force: true, maxRetries: 20 }),
  };
}
