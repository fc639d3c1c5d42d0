import type { Command } from 'commander';
import type { ExportOptions } from './export/run-export.js';
import { parseSince } from './since.js';

/** Adds `stoa export`. */
export function addExport(program: Command): void {
  program
    .command('export')
    .description('write what is stored as a folder for GOPROXY=file://')
    .argument('<folder>', 'where to; it may hold an earlier export')
    .option('--module <globs>', 'only modules that match, as in GOPRIVATE: example.com/*,corp.example')
    .option('--since <time>', 'only what was stored since then: RFC 3339, a day (2006-01-02) or a duration', parseSince)
    .option('--quiet', 'show no progress')
    .action(async (folder: string, options: ExportOptions) => {
      const { runExport } = await import('./export/run-export.js');
      process.exit(await runExport(folder, options));
    });
}
