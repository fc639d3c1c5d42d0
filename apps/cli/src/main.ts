import { Command, CommanderError, Option } from 'commander';
import {
  ConfigError,
  configurationMarkdown,
  describeConfig,
  environment,
  loadConfig,
  type LoadedConfig,
} from '#libs/config';
import { readVersion } from '#libs/observability';
import { ExpectedFailure } from './expected-failure.js';
import { readGoDefaults } from './go-defaults.js';
import { say } from './say.js';
import { runStandalone } from './standalone.js';

type App = 'api' | 'worker';

const program = new Command('stoa')
  .description('A Go module proxy: a gateway, a queue, workers and a storage')
  .configureOutput({ outputError: (text) => say(text.trim().replace(/^error: /, '')) })
  .exitOverride();

program
  .command('start')
  .description('run a gateway, a worker and a private Redis together')
  .action(async () => {
    process.exit(await runStandalone(environment()));
  });

// Each app is loaded by its own command alone: it is most of the memory and of the time to start.
program
  .command('api')
  .description('run a gateway')
  .action(async () => {
    await whileSupervised(async () => {
      const { runApi } = await import('../../api/src/main.js');
      await runApi(await load('api'));
    });
  });

program
  .command('worker')
  .description('run a worker')
  .action(async () => {
    await whileSupervised(async () => {
      const { runWorker } = await import('../../worker/src/main.js');
      await runWorker(await load('worker'));
    });
  });

program
  .command('config')
  .description('print the effective settings and where each comes from, secrets masked')
  .addOption(new Option('--process <name>', 'whose settings').choices(['api', 'worker']).default('api'))
  .option('--markdown', 'print the page about all settings instead')
  .action(async ({ process: app, markdown }: { process: App; markdown?: true }) => {
    process.stdout.write(markdown ? configurationMarkdown() : `${describeConfig(await load(app)).join('\n')}\n`);
  });

program
  .command('version')
  .description('print the version')
  .action(() => {
    const { name, version, node } = readVersion();
    process.stdout.write(`${name} ${version} (Node ${node})\n`);
  });

async function load(app: App): Promise<LoadedConfig> {
  const env = environment();
  return loadConfig(app, env, await readGoDefaults(env));
}

/** Starts an app; should the supervisor that asked for it end meanwhile, there is nothing to finish yet. */
async function whileSupervised(start: () => Promise<void>): Promise<void> {
  process.on('disconnect', quit);
  await start();
  process.off('disconnect', quit);
}

function quit(): void {
  process.exit(1);
}

/** Prints a failure, one line per fault; a stack only where the fault is ours. Returns the exit code. */
function explain(error: unknown): number {
  // Commander has printed its own: 0 for --help, and what was typed wrong is 2 as everywhere.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof ConfigError) for (const fault of error.faults) say(fault);
  // The system's refusals (a taken port, a folder that can't be written) are one line that names what was asked.
  else if (error instanceof ExpectedFailure || (error instanceof Error && 'syscall' in error)) say(error.message);
  else say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return 1;
}

try {
  await program.parseAsync();
} catch (error) {
  process.exit(explain(error));
}
