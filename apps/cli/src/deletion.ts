import { once } from 'node:events';
import { userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';
import type { Config } from '#libs/config';
import { Removal, type Removed, type Target } from '#libs/ingest';
import { createLogger } from '#libs/observability';
import { Changes, patiently, RedisLink, Refusals } from '#libs/queue';
import { moduleKey } from '#libs/storage';
import { administer, DONE, FAILED, type Administration } from './administer.js';
import { ExpectedFailure } from './expected-failure.js';
import { say } from './say.js';
import { formatTarget } from './target.js';

/** What `stoa delete` was asked to do. */
export interface DeleteOptions {
  readonly yes?: true;
  readonly gateways: boolean;
}

/** How long Redis is waited for, in milliseconds. */
const PATIENCE = 5_000;

/**
 * Deletes what is stored of a target and makes all gateways forget it. Gives the exit code: FAILED when there is
 * nothing to delete. Throws ExpectedFailure when it is not wanted after all, or the gateways can't be told.
 */
export async function remove(target: Target, options: DeleteOptions): Promise<number> {
  return administer(async ({ config, log, storage, stop }) => {
    const name = formatTarget(target);
    if (!options.yes) await confirm(name, stop);
    const link = options.gateways ? new RedisLink(config.redis, config.queuePrefix, log) : null;
    try {
      // Asked before anything is deleted: what gateways keep in memory they would serve on.
      if (link) await patiently(PATIENCE, () => link.check()).catch(unreachable);
      const removed = await new Removal(storage.objects).remove(target);
      if (removed.keys.length > 0) await audit(config, name, removed);
      if (link) await makeForget(link, { config, log }, target, removed);
      say(removed.keys.length === 0 ? `nothing of ${name} is stored` : summary(name, removed));
      return removed.keys.length === 0 ? FAILED : DONE;
    } finally {
      link?.close();
    }
  });
}

/** Makes all gateways forget the files, also those that only they had, and the refusals of late. */
async function makeForget(
  link: RedisLink,
  { config, log }: Pick<Administration, 'config' | 'log'>,
  target: Target,
  { versions, keys }: Removed,
): Promise<void> {
  const { module, version } = target;
  const all = version === null ? versions : [{ module, version }];
  const files = all.flatMap((one) => (['info', 'mod', 'zip'] as const).map((kind) => moduleKey({ kind, ...one })));
  try {
    await patiently(PATIENCE, () => new Refusals(link, config).takeBack(module));
    await new Changes(link, log).purge('deleted', [...new Set([...keys, ...files])]);
  } catch (error) {
    throw new ExpectedFailure(
      'deleted, but the gateways could not be told: restart them, for small files may still be in their memory',
      { cause: error },
    );
  }
}

/** One line of JSON on stdout: who deleted what, when, and which files. */
async function audit(config: Config, name: string, { versions, keys }: Removed): Promise<void> {
  const log = await createLogger({ ...config, logFormat: 'json', logLevel: 'info' }, 'delete');
  log.info(
    { user: userName(), target: name, versions: versions.map(({ version }) => version), keys },
    'deleted by an operator',
  );
}

/** Who runs this: a container's user may have no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.()}`;
  }
}

/** Asks at the terminal. Its end, or Ctrl-C, is a no. */
async function confirm(name: string, stop: AbortSignal): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  terminal.once('SIGINT', () => terminal.close());
  const closed = once(terminal, 'close').then(() => 'no');
  try {
    const question = `stoa: delete ${name}, its receipts and the hashes that pin it? [y/N] `;
    const answer = await Promise.race([terminal.question(question, { signal: stop }), closed]);
    if (!/^y(es)?$/i.test(answer.trim())) throw new ExpectedFailure('nothing was deleted');
  } finally {
    terminal.close();
  }
}

function unreachable(error: unknown): never {
  throw new ExpectedFailure(
    'nothing was deleted: Redis does not answer, and the gateways must be told; add --no-gateways when none runs',
    { cause: error },
  );
}

function summary(name: string, { versions, keys }: Removed): string {
  return `deleted ${name}: ${versions.length} version${versions.length === 1 ? '' : 's'}, ${keys.length} objects`;
}
