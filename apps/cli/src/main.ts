import { Command, Option } from 'commander';
import { configurationMarkdown, describeConfig, environment } from '#libs/config';
import { addDeleteCommand } from './delete.command.js';
import { explain } from './explain.js';
import { addExport } from './export.js';
import { addImport } from './import.js';
import { loadSettings } from './load-settings.js';
import { say } from './say.js';
import { addVerifyCommand } from './verify.command.js';

type App = 'api' | 'worker' | 'storage';

const program = new Command('stoa')
  .description('A Go module proxy: a gateway, a queue, workers and a storage')
  .configureOutput({ outputError: (text) => say(text.trim().replace(/^error: /, '')) })
  .exitOverride();

// What only one command needs is loaded by it alone: the apps are most of the memory and of the time to start.
program
  .command('start')
  .description('run a gateway, a worker and a private Redis together')
  .action(async () => {
    const { runStandalone } = await import('./standalone.js');
    process.exit(await runStandalone(environment()));
  });

program
  .command('api')
  .description('run a gateway')
  .action(async () => {
    await whileStarting(async () => {
      const { runApi } = await import('../../api/src/main.js');
      await runApi(await loadSettings('api'));
    });
  });

program
  .command('worker')
  .description('run a worker')
  .action(async () => {
    await whileStarting(async () => {
      const { runWorker } = await import('../../worker/src/main.js');
      await runWorker(await loadSettings('worker'));
    });
  });

program
  .command('storage')
  .description('serve the storage to other machines, over HTTP')
  .action(async () => {
    await whileStarting(async () => {
      const { runStorage } = await import('../../storage/src/main.js');
      await runStorage(await loadSettings('storage'));
    });
  });

program
  .command('config')
  .description('print the effective settings and where each comes from, secrets masked')
  .addOption(new Option('--process <name>', 'whose settings').choices(['api', 'worker', 'storage']).default('api'))
  .option('--markdown', 'print the page about all settings instead')
  .action(async ({ process: app, markdown }: { process: App; markdown?: true }) => {
    if (markdown) return void process.stdout.write(configurationMarkdown());
    const loaded = await loadSettings(app);
    for (const warning of loaded.warnings) say(warning);
    process.stdout.write(`${describeConfig(loaded).join('\n')}\n`);
  });

program
  .command('version')
  .description('print the version; --version does, too')
  .action(async () => {
    const { readVersion } = await import('#libs/observability');
    const { name, version, node } = readVersion();
    process.stdout.write(`${name} ${version} (Node ${node})\n`);
  });

addImport(program);
addExport(program);
addVerifyCommand(program);
addDeleteCommand(program);

/**
 * Starts an app. Should it be told to stop before it serves, or the supervisor that asked for it end, there is nothing to
 * finish; once it serves, stopOnSignal takes over.
 */
async function whileStarting(start: () => Promise<void>): Promise<void> {
  process.once('SIGTERM', () => process.exit(0));
  process.once('SIGINT', () => process.exit(0));
  process.once('disconnect', () => process.exit(1));
  await start();
}

const words = process.argv.slice(2);
try {
  // Commander's own option wants the text at hand, which is read where it is wanted only.
  await program.parseAsync(words[0] === '--version' ? ['version'] : words, { from: 'user' });
} catch (error) {
  process.exit(explain(error));
}
