import { formatList, parseInfo, parseList, type ModuleVersion } from '#libs/protocol';
import {
  INDEX_FOLDER,
  moduleKey,
  modulePrefix,
  parseIndexKey,
  parseModuleKey,
  parseReceiptKey,
  queriesFolder,
  readBody,
  receiptKey,
  receiptsFolder,
  type ObjectStore,
} from '#libs/storage';
import type { Target } from './audit/inventory.js';

/** How often a removal looks again for what somebody stored meanwhile. */
const ROUNDS = 5;

/** In the order of removal: a version is not listed while the others go. */
const KINDS = ['info', 'mod', 'zip'] as const;

/** What was removed. */
export interface Removed {
  readonly versions: readonly ModuleVersion[];
  /** All keys that are gone or have another content, in the order of their removal. */
  readonly keys: readonly string[];
}

/**
 * Removes a version, or a module with all that is known of it, the pin in the receipts included: what a source has of
 * it next is new. Evidence of refusals and what is in quarantine stay.
 *
 * The files go before the receipt. A worker that stores the version meanwhile looks for the files after it has entered
 * it, and takes its receipt back when they are gone (Ledger): so whoever comes last, none of it is left, or all.
 */
export class Removal {
  constructor(private readonly objects: ObjectStore) {}

  /** Removes a target; nothing, where nothing of it is stored. */
  async remove(target: Target): Promise<Removed> {
    const { module, version } = target;
    const versions = new Map<string, ModuleVersion>();
    const keys: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const stored = (await this.versions(module)).filter((one) => version === null || one.version === version);
      if (stored.length === 0) break;
      for (const one of stored) versions.set(one.version, one);
      keys.push(...(await this.removeVersions(stored)));
    }
    keys.push(...(await this.removeAnswers(target)));
    return { versions: [...versions.values()], keys: [...new Set(keys)] };
  }

  /** The versions of a module of which anything is stored. */
  private async versions(module: string): Promise<ModuleVersion[]> {
    const found = new Map<string, ModuleVersion>();
    for (const prefix of [modulePrefix(module), receiptsFolder(module)]) {
      for await (const { key } of this.objects.list(prefix)) {
        const of = parseModuleKey(key) ?? parseReceiptKey(key);
        if (of && 'version' in of) found.set(of.version, { module, version: of.version });
      }
    }
    return [...found.values()];
  }

  private async removeVersions(versions: readonly ModuleVersion[]): Promise<string[]> {
    const removed: string[] = [];
    for (const version of versions) {
      for (const kind of KINDS) removed.push(...(await this.removeKey(moduleKey({ kind, ...version }))));
    }
    const named = new Set(versions.map(({ module, version }) => `${module}@${version}`));
    for await (const { key } of this.objects.list(INDEX_FOLDER)) {
      const entry = parseIndexKey(key);
      if (entry && named.has(`${entry.module}@${entry.version}`)) removed.push(...(await this.removeKey(key)));
    }
    for (const version of versions) removed.push(...(await this.removeKey(receiptKey(version))));
    return removed;
  }

  /** Removes the last answers of a module, or what they say of one version. */
  private async removeAnswers({ module, version }: Target): Promise<string[]> {
    const removed: string[] = [];
    const answers = [moduleKey({ kind: 'latest', module })];
    for await (const { key } of this.objects.list(queriesFolder(module))) answers.push(key);
    for (const key of answers) {
      if (version === null || (await this.names(key, version))) removed.push(...(await this.removeKey(key)));
    }
    const list = moduleKey({ kind: 'list', module });
    if (version === null) return [...removed, ...(await this.removeKey(list))];
    const listed = await this.read(list);
    const versions = listed ? parseList(listed.toString('utf8')) : [];
    if (!versions.includes(version)) return removed;
    // Not removed with it: it may be all that is known of a module that its source has forgotten.
    const rest = formatList(versions.filter((other) => other !== version));
    await this.objects.put(list, rest, { size: rest.length, mode: 'replace' });
    return [...removed, list];
  }

  private async names(key: string, version: string): Promise<boolean> {
    const answer = await this.read(key);
    return answer !== null && parseInfo(answer)?.Version === version;
  }

  private async read(key: string): Promise<Buffer | null> {
    const found = await this.objects.get(key);
    return found && readBody(found.body);
  }

  private async removeKey(key: string): Promise<string[]> {
    if ((await this.objects.stat(key)) === null) return [];
    await this.objects.delete(key);
    return [key];
  }
}
