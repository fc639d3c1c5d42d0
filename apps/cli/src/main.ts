import { Command, Option } from 'commander';
import { configurationMarkdown, describeConfig, environment } from '#libs/config';
import { explain } from './explain.js';
import { addExport } from './export.js';
import { addImport } from './import.js';
import { loadSettings } from './load-settings.js';
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

// What only one command needs is loaded by it alone: the apps are most of the memory and of the time to start.
program
  .command('api')
  .description('run a gateway')
  .action(async () => {
    await whileSupervised(async () => {
      const { runApi } = await import('../../api/src/main.js');
      await runApi(await loadSettings('api'));
    });
  });

program
  .command('worker')
  .description('run a worker')
  .action(async () => {
    await whileSupervised(async () => {
      const { runWorker } = await import('../../worker/src/main.js');
      await runWorker(await loadSettings('worker'));
    });
  });

addImport(program);
addExport(program);

program
  .command('config')
  .description('print the effective settings and where each comes from, secrets masked')
  .addOption(new Option('--process <name>', 'whose settings').choices(['api', 'worker']).default('api'))
  .option('--markdown', 'print the page about all settings instead')
  .action(async ({ process: app, markdown }: { process: App; markdown?: true }) => {
    process.stdout.write(
      markdown ? configurationMarkdown() : `${describeConfig(await loadSettings(app)).join('\n')}\n`,
    );
  });

program
  .command('version')
  .description('print the version')
  .action(async () => {
    const { readVersion } = await import('#libs/observability');
    const { name, version, node } = readVersion();
    process.stdout.write(`${name} ${version} (Node ${node})\n`);
  });

/** Starts an app; should the supervisor that asked for it end meanwhile, there is nothing to finish yet. */
async function whileSupervised(start: () => Promise<void>): Promise<void> {
  process.on('disconnect', quit);
  await start();
  process.off('disconnect', quit);
}

function quit(): void {
  process.exit(1);
}

try {
  await program.parseAsync();
} catch (error) {
  process.exit(explain(error));
}
