import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { environment } from '#libs/config';
import { lives, type ProcessMark } from '../../apps/cli/src/process-identity.js';
import { freePort } from '../support/free-port.js';

const STOA = fileURLToPath(new URL('../../bin/stoa', import.meta.url));

/** `stoa start` as a user runs it. */
interface Standalone {
  readonly pid: number;
  /** The lines of stderr so far: what the supervisor says. stdout is the log of the apps. */
  readonly said: string[];
  /** Resolves to the first match among what is said, before or after; rejects when the process ends without it. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  signal(name: NodeJS.Signals): void;
  /** The exit code, or the signal that it died of. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

interface RunRecord {
  readonly members: Record<string, ProcessMark>;
  readonly socketFolder: string;
}

describe('stoa start', () => {
  let folder: string;
  let running: ChildProcess[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stoa-standalone-'));
    running = [];
  });

  afterEach(async () => {
    const living = running.filter((child) => child.exitCode === null && child.signalCode === null);
    await Promise.all(
      living.map(async (child) => {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }),
    );
    await rm(folder, { recursive: true, force: true });
  });

  function start(settings: Record<string, string> = {}): Standalone {
    const { PATH, HOME } = environment();
    const defaults = {
      STOA_DATA_DIR: join(folder, 'data'),
      STOA_LISTEN: '127.0.0.1:0',
      STOA_OPS_LISTEN: '127.0.0.1:0',
      GOPROXY: 'off',
      GOSUMDB: 'off',
    };
    const child = spawn(STOA, ['start'], {
      cwd: folder,
      env: { PATH, HOME, ...defaults, ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.push(child);
    return observe(child);
  }

  async function serving(settings?: Record<string, string>): Promise<{ standalone: Standalone; url: string }> {
    const standalone = start(settings);
    const [, url = ''] = await standalone.says(/^ *Stoa serves (\S+)$/);
    return { standalone, url };
  }

  async function record(): Promise<RunRecord> {
    const run: RunRecord = JSON.parse(await readFile(join(folder, 'data', 'standalone.json'), 'utf8'));
    return run;
  }

  it('serves, says how it is used, and leaves nothing running after SIGTERM', async () => {
    const { standalone, url } = await serving();
    expect(standalone.said.map((line) => line.trim())).toContain(`To use it:     export GOPROXY=${url}`);
    const page = await fetch(url);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('GOPROXY');
    const ready = await fetch(`${url}/readyz`);
    expect(ready.status).toBe(200);

    const { members, socketFolder } = await record();
    expect(Object.keys(members)).toEqual(['Redis', 'the gateway', 'the worker']);
    expect(Object.values(members).filter(lives)).toHaveLength(3);
    standalone.signal('SIGTERM');
    expect(await standalone.ended).toBe(0);
    expect(Object.values(members).filter(lives)).toEqual([]);
    await expect(readdir(socketFolder)).rejects.toThrow('ENOENT');
    await expect(record()).rejects.toThrow('ENOENT');
  });

  it('refuses a data dir in which another one runs, in one line, and does not harm that one', async () => {
    const { standalone, url } = await serving();
    const second = start();
    expect(await second.ended).toBe(1);
    expect(second.said).toEqual([
      `stoa: another standalone (process ${standalone.pid}) runs in ${folder}/data: stop it, or set STOA_DATA_DIR to another folder`,
    ]);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it('says in one line that a port is taken, and which setting moves it', async () => {
    const port = await freePort();
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    try {
      for (const [setting, what] of Object.entries({
        STOA_LISTEN: 'the gateway',
        STOA_OPS_LISTEN: "the gateway's metrics",
      })) {
        const standalone = start({ [setting]: `127.0.0.1:${port}` });
        expect(await standalone.ended).toBe(1);
        expect(standalone.said).toHaveLength(1);
        expect(standalone.said[0]).toContain(`stoa: 127.0.0.1:${port}, the address of ${what}, is taken`);
        expect(standalone.said[0]).toContain(`set ${setting}`);
      }
    } finally {
      other.close();
    }
  });

  it('stops for a typo in a setting with a line that names it', async () => {
    const standalone = start({ STOA_STORAGGE: 'fs' });
    expect(await standalone.ended).toBe(1);
    expect(standalone.said).toEqual(['stoa: STOA_STORAGGE is not a setting; did you mean STOA_STORAGE?']);
  });

  it('says in one line that there is no redis-server', async () => {
    const bin = join(folder, 'bin');
    await mkdir(bin);
    await symlink('/usr/bin/dirname', join(bin, 'dirname'));
    const standalone = start({ PATH: bin });
    expect(await standalone.ended).toBe(1);
    expect(standalone.said).toEqual([expect.stringMatching(/^stoa: there is no redis-server .* STOA_REDIS_URL$/)]);
  });

  it('starts again what was killed', async () => {
    const { standalone, url } = await serving({ STOA_LISTEN: `127.0.0.1:${await freePort()}` });
    const { members } = await record();
    for (const [name, { pid }] of Object.entries(members)) {
      process.kill(pid, 'SIGKILL');
      await standalone.says(new RegExp(`^stoa: ${name} ended \\(SIGKILL\\): starting it again in 1 s$`));
      await standalone.says(new RegExp(`^stoa: ${name} runs again$`));
    }
    const ready = await fetch(`${url}/readyz`);
    expect(ready.status).toBe(200);
    standalone.signal('SIGTERM');
    expect(await standalone.ended).toBe(0);
  });

  it('takes its apps along when it is killed, and the next one ends the Redis that is left', async () => {
    const { standalone } = await serving();
    const before = await record();
    standalone.signal('SIGKILL');
    await standalone.ended;
    const { Redis: redis, ...apps } = before.members;
    await expect.poll(() => Object.values(apps).filter(lives)).toEqual([]);
    expect(redis && lives(redis)).toBe(true);

    const next = await serving();
    expect(next.standalone.said[0]).toBe(
      `stoa: Redis (process ${redis?.pid}) of a standalone that was killed still runs: stopping it`,
    );
    expect(redis && lives(redis)).toBe(false);
    await expect(readdir(before.socketFolder)).rejects.toThrow('ENOENT');
    expect((await fetch(`${next.url}/readyz`)).status).toBe(200);
  });

  it('kills what does not stop at the second signal', async () => {
    const { standalone } = await serving();
    const { members } = await record();
    process.kill(members['the worker']!.pid, 'SIGSTOP');
    standalone.signal('SIGINT');
    await standalone.says(/^stoa: SIGINT: stopping /);
    // Two signals of one moment are one key press, which npm passes on once more: hence several.
    const killed = standalone.says(/^stoa: the worker does not stop: killing it$/);
    const again = setInterval(() => standalone.signal('SIGINT'), 200);
    await killed.finally(() => clearInterval(again));
    expect(await standalone.ended).toBe(1);
    expect(Object.values(members).filter(lives)).toEqual([]);
  });

  it('starts no Redis where the user names one', async () => {
    const standalone = start({ STOA_REDIS_URL: `unix://${folder}/nobody.sock` });
    await standalone.says(/^stoa: starting a gateway and a worker$/);
    await expect.poll(async () => Object.keys((await record()).members).length).toBeGreaterThan(1);
    expect(Object.keys((await record()).members)).not.toContain('Redis');
    standalone.signal('SIGINT');
    expect(await standalone.ended).toBe(0);
  });
});

function observe(child: ChildProcess): Standalone {
  const said: string[] = [];
  const changes = new EventEmitter();
  createInterface({ input: child.stderr! }).on('line', (line) => {
    if (line.trim() !== '') said.push(line);
    changes.emit('change');
  });
  child.stdout!.resume();
  const ended = once(child, 'close').then(() => child.exitCode ?? child.signalCode);
  child.once('close', () => changes.emit('change'));
  return {
    pid: child.pid!,
    said,
    ended,
    signal: (name) => void child.kill(name),
    async says(pattern) {
      for (;;) {
        const found = said.map((line) => pattern.exec(line)).find((match) => match !== null);
        if (found) return found;
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`it ended without ${pattern}:\n${said.join('\n')}`);
        await once(changes, 'change');
      }
    },
  };
}
