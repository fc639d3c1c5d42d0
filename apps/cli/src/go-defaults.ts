import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { childEnvironment, GO_NAMES, type Environment, type GoDefaults } from '#libs/config';
import { errorCode } from '#libs/protocol';
import { ExpectedFailure } from './expected-failure.js';
import { installationFolder } from './installation.js';
import { say } from './say.js';

/** Milliseconds. */
const GO_ENV_LIMIT = 10_000;

/**
 * Reads Go's defaults: from go-env.json beside package.json (as `go env -json` prints; a gateway's image has it in
 * place of go), else from the go command; nothing where `env` has all of them already, or there is no go.
 * Throws ExpectedFailure when what it finds can't be read.
 */
export async function readGoDefaults(env: Environment): Promise<GoDefaults> {
  if (GO_NAMES.every((name) => env[name] !== undefined)) return {};
  const file = join(installationFolder(), 'go-env.json');
  const text = await readFile(file, 'utf8').catch(() => null);
  return text === null ? goSettings(await askGo(env), 'go env') : goSettings(text, file);
}

/** Gives the environment of a process that is to see these defaults, and not to ask go again. */
export function withGoDefaults(env: Environment, defaults: GoDefaults): Environment {
  // An empty one counts as unset, and as asked for.
  const asked = Object.fromEntries(GO_NAMES.map((name) => [name, '']));
  return { ...asked, ...childEnvironment(env, defaults) };
}

async function askGo(env: Environment): Promise<string> {
  try {
    const go = env['STOA_GO_BINARY'] || 'go';
    // Not in the working folder: a go.mod there can make go fetch another toolchain first.
    const { stdout } = await promisify(execFile)(go, ['env', '-json', ...GO_NAMES], {
      env,
      cwd: '/',
      timeout: GO_ENV_LIMIT,
    });
    return stdout;
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') say('go env failed: the settings of go are taken as not set');
    return '{}';
  }
}

function goSettings(text: string, source: string): GoDefaults {
  const values = new Map(Object.entries(parsed(text, source)));
  return Object.fromEntries(
    GO_NAMES.flatMap((name) => {
      const value: unknown = values.get(name);
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
}

function parsed(text: string, source: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Said below, for whatever is no object.
  }
  throw new ExpectedFailure(`${source} holds something else than the JSON of go env -json`);
}
