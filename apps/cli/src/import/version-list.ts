import { RefusalError, type ModuleVersion } from '#libs/protocol';
import { readVersion } from './layout.js';

/**
 * Reads a line of a list: `module@version`, or `module version` as `go list -m all` prints it, of a module that is
 * replaced by another (`=>`) the other one. Null for an empty line and a comment (`#`). Throws RefusalError when it names
 * no version.
 */
export function parseListLine(line: string): ModuleVersion | null {
  const text = line.replace(/#.*/, '').trim();
  if (text === '') return null;
  const [, module, version] = /^(?:\S+(?: \S+)? => )?(\S+?)(?:@|\s+)(\S+)$/.exec(text) ?? [];
  if (module === undefined || version === undefined)
    throw new RefusalError('not-found', `${text}: it is no module@version`);
  return readVersion({ module, version });
}
