import { filterVersions, formatList, resolveLatest } from '#libs/protocol';
import { moduleKey, ObjectModuleStore, readBody, type FsObjectStore } from '#libs/storage';
import type { Exporter } from './exporter.js';

/**
 * Writes list and `@latest` of a module in an export, of the versions whose zips are there: a go.mod alone can't be
 * installed. A module of pseudo-versions has an empty list, as everywhere.
 */
export async function writeModuleIndex(module: string, target: FsObjectStore, exporter: Exporter): Promise<void> {
  const modules = new ObjectModuleStore(target);
  const whole: string[] = [];
  for (const version of await modules.versions(module)) {
    if (await modules.stat({ kind: 'zip', module, version })) whole.push(version);
  }
  await exporter.replace(moduleKey({ kind: 'list', module }), formatList(filterVersions(module, whole)));
  const latest = await resolveLatest(module, whole, async (version) => {
    const mod = await modules.get({ kind: 'mod', module, version });
    return mod && readBody(mod.body);
  });
  const info = latest === null ? null : await modules.get({ kind: 'info', module, version: latest });
  if (info) await exporter.replace(moduleKey({ kind: 'latest', module }), await readBody(info.body));
}
