import { InvalidArgumentError } from 'commander';
import type { Target } from '#libs/ingest';
import { modulePathFault, versionFault } from '#libs/protocol';

/** Reads `module` or `module@version` of a command line. Throws InvalidArgumentError, which is told as bad usage. */
export function parseTarget(text: string): Target {
  const at = text.indexOf('@');
  const module = at === -1 ? text : text.slice(0, at);
  const version = at === -1 ? null : text.slice(at + 1);
  const fault = version === null ? modulePathFault(module) : versionFault(module, version);
  if (fault !== null) throw new InvalidArgumentError(fault);
  return { module, version };
}

/** Writes a target as it is typed. */
export function formatTarget({ module, version }: Target): string {
  return version === null ? module : `${module}@${version}`;
}
