import { spawn } from 'node:child_process';
import { accessSync, closeSync, constants, mkdirSync, mkdtempSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Environment } from '#libs/config';
import { ExpectedFailure } from './expected-failure.js';
import type { Recipe } from './member.js';

/** Bytes of the longest path of a unix socket that all systems take (macOS sun_path; Linux has 4 more). */
const LONGEST_SOCKET_PATH = 103;

const SOCKET = 'redis.sock';

/** Makes the folder for the socket of a private Redis: short, and only ours. */
export function makeSocketFolder(): string {
  const base = Buffer.byteLength(join(tmpdir(), 'stoa-XXXXXX', SOCKET)) > LONGEST_SOCKET_PATH ? '/tmp' : tmpdir();
  return mkdtempSync(join(base, 'stoa-'));
}

/** The STOA_REDIS_URL of the private Redis with its socket in `socketFolder`. */
export function privateRedisUrl(socketFolder: string): string {
  return `unix://${join(socketFolder, SOCKET).split('/').map(encodeURIComponent).join('/')}`;
}

/**
 * Makes the recipe of a Redis for one standalone: no port, its socket in `socketFolder`, its data and its log in
 * `folder`. It keeps waiting jobs over a restart (append-only file) and never drops one to save memory.
 * Throws ExpectedFailure when there is neither redis-server nor valkey-server.
 */
export function privateRedisRecipe(env: Environment, folder: string, socketFolder: string): Recipe {
  const program = findOnPath(env, ['redis-server', 'valkey-server']);
  const socket = join(socketFolder, SOCKET);
  const log = join(folder, 'redis.log');
  const settings = {
    port: '0',
    unixsocket: socket,
    unixsocketperm: '700',
    dir: folder,
    appendonly: 'yes',
    appendfsync: 'everysec',
    save: '',
    'maxmemory-policy': 'noeviction',
    daemonize: 'no',
  };
  return {
    name: 'Redis',
    spawn: () => {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const output = openSync(log, 'w', 0o600);
      const child = spawn(
        program,
        Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
        {
          env,
          stdio: ['ignore', output, output],
          detached: true,
        },
      );
      closeSync(output);
      return child;
    },
    ready: async (child) => {
      while (child.exitCode === null && child.signalCode === null && !(await answers(socket))) await pause(20);
    },
    reason: () => `: ${lastLine(log)}; ${folder} holds waiting jobs only, so it may be removed`,
  };
}

function findOnPath(env: Environment, names: readonly string[]): string {
  for (const name of names) {
    for (const folder of (env['PATH'] ?? '').split(delimiter)) {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return join(folder, name);
      } catch {
        // Not in this folder.
      }
    }
  }
  throw new ExpectedFailure(
    'there is no redis-server or valkey-server on the PATH: install one, or name a Redis of yours in STOA_REDIS_URL',
  );
}

/** Whether Redis answers a PING; not while it still reads its data. */
function answers(socket: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const connection = connect(socket, () => connection.write('PING\r\n'));
  connection.once('data', (reply) => resolve(reply.toString('latin1').startsWith('+PONG')));
  connection.once('error', () => resolve(false));
  connection.once('close', () => resolve(false));
  connection.setTimeout(1_000, () => resolve(false));
  return promise.finally(() => connection.destroy());
}

function lastLine(file: string): string {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return lines.at(-1)?.replace(/^\S+ \d+ \w+ \d+ [\d:.]+ [.*#-] /, '') ?? '';
}
