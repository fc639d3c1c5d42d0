import type { Command } from 'commander';
import type { Target } from '#libs/ingest';
import type { DeleteOptions } from './deletion.js';
import { finish } from './finish.js';
import { parseTarget } from './target.js';

/** Adds `stoa delete` to a program. */
export function addDeleteCommand(program: Command): void {
  program
    .command('delete')
    .description('delete a version, or a module with all that is known of it; the next request fetches it again')
    .argument('<module[@version]>', 'what to delete', parseTarget)
    .option('--yes', 'do not ask')
    .option('--no-gateways', 'no gateway runs that must forget it: do without Redis')
    .action(async (target: Target, options: DeleteOptions) => {
      if (!options.yes && !process.stdin.isTTY) program.error('this is no terminal to ask at: add --yes');
      const { remove } = await import('./deletion.js');
      finish(await remove(target, options));
    });
}
