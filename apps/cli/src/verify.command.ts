import { InvalidArgumentError, Option, type Command } from 'commander';
import { InvalidValue, parseDuration, parseSize } from '#libs/config';
import type { Target } from '#libs/ingest';
import { parseRfc3339 } from '#libs/protocol';
import { finish } from './finish.js';
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
    .addOption(
      new Option('--since <time>', 'only what was written since then: RFC 3339, or a duration').argParser(since),
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

function since(text: string): { readonly text: string; readonly time: number } {
  const time = parseRfc3339(text);
  if (time !== null) return { text, time: Number(time / 1_000_000n) };
  return { text, time: Date.now() - usable(() => parseDuration(text)) };
}

function rate(text: string): number {
  const bytes = usable(() => parseSize(text));
  if (bytes === 0) throw new InvalidArgumentError('is no rate: nothing would be read');
  return bytes;
}

function usable<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw error instanceof InvalidValue ? new InvalidArgumentError(error.message) : error;
  }
}
