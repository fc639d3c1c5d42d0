import { parseList } from '#libs/protocol';
import { readBody } from '../body.js';
import type { ModuleStore } from '../module-store.js';

/**
 * Reads the last known list of a module; null when there is none. It is read at once: of a large one, which comes as a
 * stream, somebody who waits for something else first would leave it open when that fails.
 */
export async function readStoredList(modules: ModuleStore, module: string): Promise<string[] | null> {
  const found = await modules.get({ kind: 'list', module });
  return found && parseList((await readBody(found.body)).toString('utf8'));
}
