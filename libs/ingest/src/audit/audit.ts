import { createHash } from 'node:crypto';
import { filterVersions, isCanonicalFor, parseInfo, parseList, RefusalError, synthesizedMod } from '#libs/protocol';
import {
  indexKey,
  parseIndexKey,
  parseModuleKey,
  parseQueryKey,
  readBody,
  receiptKey,
  type ObjectEntry,
  type Storage,
} from '#libs/storage';
import type { FindChecksums, KnownChecksums } from '../checksums.js';
import { parseReceipt } from '../receipt.js';
import type { Scratch } from '../scratch.js';
import { copyStoredZip } from '../stored-zip.js';
import { MAX_GO_MOD } from '../zip/limits.js';
import type { ZipChecker } from '../zip/zip-checker.js';
import { CLEAN, type Finding, type Report } from './finding.js';
import type { Item, StoredVersion } from './inventory.js';
import { judge, type Facts, type SmallFact, type ZipFact } from './judge.js';
import type { Throttle } from './throttle.js';

/** What is younger, in milliseconds, may be on its way: nothing is missed of it yet. */
const SETTLING = 60_000;

interface Parts {
  readonly storage: Pick<Storage, 'objects' | 'modules' | 'meta'>;
  readonly zips: ZipChecker;
  readonly scratch: Scratch;
  /** Null: no database is asked. */
  readonly checksums: FindChecksums | null;
  readonly throttle: Throttle;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/**
 * Checks what is stored, and changes nothing: zips by their rules and by every hash that is known of them, `.mod`
 * against zip, `.info` and answers by their form, and that what belongs together is there. Throws what a broken storage
 * throws.
 */
export class Audit {
  constructor(private readonly parts: Parts) {}

  /** Checks one stored thing. What changes while it is looked at is not judged. */
  async check(item: Item, signal: AbortSignal): Promise<Report> {
    switch (item.kind) {
      case 'version':
        return this.version(item.version, signal);
      case 'answer':
        return this.answer(item.entry);
      case 'index':
        return this.indexEntry(item.entry);
      case 'foreign':
        return {
          ...CLEAN,
          findings: [
            { fault: 'foreign', subject: item.entry.key, part: 'key', message: 'not a key of the storage tree' },
          ],
        };
    }
  }

  private async version(stored: StoredVersion, signal: AbortSignal): Promise<Report> {
    const { module, version } = stored;
    const subject = `${module}@${version}`;
    const findings: Finding[] = [];
    const told = stored.mod || stored.zip ? await this.ask(stored, findings, signal) : null;
    const facts = await this.facts(stored, told, signal);
    if (facts === null) return CLEAN;

    const { damaged, missing: lacks, goMod } = judge(facts);
    const missing = this.isSettling(stored) ? [] : lacks;
    for (const { part, reason } of damaged) findings.push({ fault: 'damaged', subject, part, message: reason });
    for (const part of missing) findings.push({ fault: 'missing', subject, part, message: '' });
    return { ...CLEAN, findings, damaged, missing, goMod, version: { module, version } };
  }

  /** What the checksum database says; null, with a finding, when it says nothing. */
  private async ask(
    { module, version }: StoredVersion,
    findings: Finding[],
    signal: AbortSignal,
  ): Promise<KnownChecksums | null> {
    try {
      return (await this.parts.checksums?.({ module, version }, signal)) ?? null;
    } catch (error) {
      if (!(error instanceof RefusalError) || signal.aborted) throw error;
      const subject = `${module}@${version}`;
      const fault = error.kind === 'not-found' ? 'unknown' : 'unchecked';
      findings.push({ fault, subject, part: 'zip', message: error.message.replace(`${subject}: `, '') });
      return null;
    }
  }

  /** Reads a version; null when a part of it that was listed is gone. */
  private async facts(
    stored: StoredVersion,
    database: KnownChecksums | null,
    signal: AbortSignal,
  ): Promise<Facts | null> {
    const { module, version } = stored;
    const small = async (entry?: ObjectEntry): Promise<SmallFact | null> => (entry ? this.read(entry.key) : null);
    const [info, mod, receipt] = [await small(stored.info), await small(stored.mod), await small(stored.receipt)];
    const zip = stored.zip ? await this.zip(stored, stored.zip.key, signal) : null;
    const gone = [stored.info && !info, stored.mod && !mod, stored.receipt && !receipt, stored.zip && !zip];
    if (gone.includes(true)) return null;
    const value = receipt?.bytes ? parseReceipt(receipt.bytes, stored) : null;
    const indexed = value !== null && (await this.parts.storage.meta.stat(indexKey(value.stored, stored))) !== null;
    return { module, version, info, mod, zip, receipt: receipt && { ...receipt, value }, indexed, database };
  }

  private async read(key: string): Promise<SmallFact | null> {
    const found = await this.parts.storage.objects.get(key);
    if (found === null) return null;
    const { size, etag } = found.stat;
    if (size <= MAX_GO_MOD) {
      await this.parts.throttle.take(size);
      return { key, etag, bytes: await readBody(found.body) };
    }
    if (!Buffer.isBuffer(found.body)) found.body.destroy();
    return { key, etag, bytes: null };
  }

  private async zip(version: StoredVersion, key: string, signal: AbortSignal): Promise<ZipFact | null> {
    const { storage, zips, scratch, throttle } = this.parts;
    return scratch.use(async (folder) => {
      const sha256 = createHash('sha256');
      const copy = await copyStoredZip(storage.modules, version, folder, signal, async function* (bytes) {
        for await (const chunk of throttle.pass(bytes)) {
          sha256.update(chunk);
          yield chunk;
        }
      });
      if (copy === null) return null;
      const { etag, size } = copy;
      try {
        const { hash, goMod } = await zips.check(copy.path, version, signal, 'content');
        const file = `sha256:${sha256.digest('hex')}`;
        return { key, etag, size, fault: null, h1: hash, file, goMod: goMod ?? synthesizedMod(version.module) };
      } catch (error) {
        if (!(error instanceof RefusalError)) throw error;
        return { key, etag, size, fault: error.message.replace(`${version.module}@${version.version}: `, '') };
      }
    });
  }

  private async answer({ key }: ObjectEntry): Promise<Report> {
    const request = parseModuleKey(key) ?? parseQueryKey(key);
    const found = await this.read(key);
    if (found === null) return CLEAN;
    const module = request?.module ?? '';
    if (request && found.bytes && isAnswer(module, request.kind, found.bytes)) return CLEAN;
    const reason = 'it names what is no version of the module';
    const subject = request?.kind === 'query' ? `${module}@${request.query}` : module || key;
    const part = request?.kind ?? 'query';
    return {
      ...CLEAN,
      findings: [{ fault: 'damaged', subject, part, message: reason }],
      damaged: [{ part, key, etag: found.etag, reason }],
    };
  }

  private async indexEntry({ key, modified }: ObjectEntry): Promise<Report> {
    const entry = parseIndexKey(key);
    if (entry === null || this.isYoung(modified)) return CLEAN;
    const found = await this.read(receiptKey(entry));
    // A receipt that can't be read is found with its version.
    const receipt = found?.bytes ? parseReceipt(found.bytes, entry) : null;
    if (receipt?.stored === entry.time || (found && receipt === null)) return CLEAN;
    const message = receipt ? `its receipt is of ${receipt.stored}` : 'it has no receipt';
    const subject = `${entry.module}@${entry.version}`;
    return { ...CLEAN, findings: [{ fault: 'orphan', subject, part: 'index', message }], orphans: [key] };
  }

  private isSettling({ info, mod, zip, receipt }: StoredVersion): boolean {
    return [info, mod, zip, receipt].some((entry) => entry !== undefined && this.isYoung(entry.modified));
  }

  private isYoung(modified: Date): boolean {
    return (this.parts.now ?? Date.now)() - modified.getTime() < SETTLING;
  }
}

function isAnswer(module: string, kind: string, bytes: Buffer): boolean {
  if (kind !== 'list') {
    const version = parseInfo(bytes)?.Version;
    return version !== undefined && isCanonicalFor(module, version);
  }
  const versions = new Set(parseList(bytes.toString('utf8')));
  return filterVersions(module, versions).length === versions.size;
}
