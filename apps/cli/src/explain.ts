import { CommanderError } from 'commander';
import { ConfigError } from '#libs/config';
import { RefusalError } from '#libs/protocol';
import { ExpectedFailure, UsageFailure } from './expected-failure.js';
import { say } from './say.js';

/** Says why a command failed, one line per fault, and a stack only where the fault is our own. Returns the exit code. */
export function explain(error: unknown): number {
  // Commander has said it already: 0 for --help, and what was typed wrong is 2 as with other commands.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  for (const line of faultsOf(error)) say(line);
  return error instanceof UsageFailure ? 2 : 1;
}

function faultsOf(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return [String(error)];
  if (error instanceof ConfigError) return error.faults;
  // For a client the reason is hidden in the cause; who starts an app may know it, and needs to.
  if (error instanceof RefusalError)
    return [error.cause instanceof Error ? `${error.message} (${oneLine(error.cause.message)})` : error.message];
  // The system's own refusals, a taken port or a folder that can't be written, name what was asked.
  if (error instanceof ExpectedFailure || 'syscall' in error) return [error.message];
  return [error.stack ?? error.message];
}

/** OpenSSL ends what it says with a line feed. */
function oneLine(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ');
}
