import type { ModuleVersion } from '#libs/protocol';
import { moduleKey, type ObjectStore } from '#libs/storage';
import { holds } from './bodies.js';
import { Conflict } from './refusals.js';
import type { Upload } from './upload.js';

/**
 * Stores a version whole: `.mod`, `.zip`, and `.info` last, with which it is listed. Doing it again with the same bytes
 * changes nothing. Throws Conflict when other bytes are stored of any of the three, or come first: nothing of them changes.
 */
export async function saveVersion(objects: ObjectStore, version: ModuleVersion, upload: Upload): Promise<void> {
  const files = [
    { key: moduleKey({ kind: 'mod', ...version }), source: upload.mod, size: upload.mod.length },
    { key: moduleKey({ kind: 'zip', ...version }), source: upload.zip, size: upload.zip.size },
    { key: moduleKey({ kind: 'info', ...version }), source: upload.info, size: upload.info.length },
  ];
  // All are looked at before one is stored, so that no part of another content is left where it can be seen beforehand.
  const missing = [];
  for (const file of files) {
    if (!(await objects.stat(file.key))) missing.push(file);
    else if (!(await holds(objects, file.key, file.source, file.size))) throw new Conflict();
  }
  for (const { key, source, size } of missing) {
    if (await objects.put(key, source, { size, mode: 'create' })) continue;
    if (!(await holds(objects, key, source, size))) throw new Conflict();
  }
}
