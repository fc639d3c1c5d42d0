import { InvalidArgumentError, Option, type Command } from 'commander';
import { InvalidValue, parseSize } from '#libs/config';
import type { Target } from '#libs/ingest';
import { finish } from './finish.js';
import { parseSince } from './since.js';
import { parseTarget } from './target.js';
import type { VerifyOptions } from './verification.js';

/** Adds `stoa verify` to a program. */
export function addVerifyCommand(program: Command): void {
  program
    .command('verify')
    .description('check what is stored against its rules, its receipts and the checksum database')
    .argument('[module[@version]...]', 'what to check; all, if nothing is named', collect)
    .option('--repair', 'move what is damaged to .meta/quarantine and let the workers fetch it again')
    .option('--offline', 'ask no checksum database')
    .option(
      '--since <time>',
      'only what was written since then: RFC 3339, a day (2006-01-02) or a duration',
      parseSince,
    )
    .addOption(
      new Option('--rate <size>', 'read at most so many bytes a second').argParser(rate).default(Infinity, 'none'),
    )
    .option('--restart', 'begin anew where an interrupted run would be continued')
    .option('--json', 'one JSON object a finding')
    .action(async (targets: readonly Target[], options: VerifyOptions) => {
      const { verify } = await import('./verification.js');
      finish(await verify(targets ?? [], options));
    });
}

function collect(text: string, former: readonly Target[] | undefined): readonly Target[] {
  return [...(former ?? []), parseTarget(text)];
}

function rate(text: string): number {
  try {
    const bytes = parseSize(text);
    if (bytes > 0) return bytes;
  } catch (error) {
    throw error instanceof InvalidValue ? new InvalidArgumentError(`It ${error.message}.`) : error;
  }
  throw new InvalidArgumentError('Nothing would be read.');
}
