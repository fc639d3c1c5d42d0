import { environment, type Config } from '#libs/config';
import { createLogger, Metrics, type Logger } from '#libs/observability';
import { openStorage, type Storage } from '#libs/storage';
import { loadAdminSettings } from './admin-settings.js';
import { ExpectedFailure } from './expected-failure.js';
import { say } from './say.js';
import { watchStopSignals } from './stop-signals.js';

/** Exit code of a command that did all that it was asked. */
export const DONE = 0;
/** Exit code of one that failed, or that left out something that matters. What was typed wrong is 2. */
export const FAILED = 1;

const UNLISTED =
  'the storage server has the six basic routes alone, which list no modules, and so not all that is stored: see docs/external-storage.md';

/** What a command that administers a storage works with. */
export interface Administration {
  readonly config: Config;
  /** Writes to stderr: stdout is what the command answers. */
  readonly log: Logger;
  readonly metrics: Metrics;
  /** As a worker sees it: nothing is kept in memory or on disk. */
  readonly storage: Storage;
  /** Aborts at the first Ctrl-C or SIGTERM. The second ends the process. */
  readonly stop: AbortSignal;
}

/** How a command works with the storage. */
export interface AdministrationOptions {
  /** It stores thousands of files, and waits for the last of them. */
  readonly bulk?: boolean;
  /** It changes nothing: credentials that may read alone are enough. */
  readonly reads?: boolean;
  /** It goes by the list of what is stored, which must have all of it. */
  readonly lists?: boolean;
}

/**
 * Opens the storage that the settings of a worker name, lets a command work with it, and closes it. Returns the exit
 * code: the command's, or FAILED when it was stopped. Throws what the command throws, and what keeps the storage shut.
 */
export async function administer(
  command: (parts: Administration) => Promise<number>,
  { bulk = false, reads = false, lists = false }: AdministrationOptions = {},
): Promise<number> {
  const { stop, force } = watchStopSignals();
  force.addEventListener('abort', () => process.exit(FAILED));
  // Who reads the answer may have enough of it, as `head` does: no fault to tell of, and no reason to go on.
  process.stdout.on('error', () => process.exit(FAILED));
  const { config, warnings } = await loadAdminSettings(environment());
  for (const warning of warnings) say(warning);
  const log = await createLogger(config, 'admin', process.stderr.fd);
  const metrics = new Metrics();
  // Not measured: nobody can ask a command for its metrics, and they would cost as much as a look.
  const storage = await openStorage(config, null, { writes: !reads, bulk });
  try {
    if (lists && !storage.listsAll) throw new ExpectedFailure(UNLISTED);
    const code = await command({ config, log, metrics, storage, stop });
    return stop.aborted ? stopped(stop) : code;
  } catch (error) {
    // What is cut off by the signal fails in many ways, none of which is news.
    if (stop.aborted) return stopped(stop);
    throw error;
  } finally {
    await storage.objects.close();
  }
}

function stopped(stop: AbortSignal): number {
  say(`${String(stop.reason)}: stopped before the end; the same command goes on from here`);
  return FAILED;
}
