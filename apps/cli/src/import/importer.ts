import type { FetchedFile, FetchedText } from '#libs/fetcher';
import type { Ingest, Room, Scratch, SmallZip } from '#libs/ingest';
import { formatInfo, isPseudoVersion, RefusalError, type ModuleVersion } from '#libs/protocol';
import type { ModuleStore } from '#libs/storage';
import { Deadlines } from './deadlines.js';
import { SOURCE, type Candidate } from './source.js';

/** What became of a version. */
export type Imported =
  | { readonly kind: 'imported'; readonly infoMade: boolean }
  /** It was stored before. */
  | { readonly kind: 'present' }
  /** The source has no more of it. */
  | { readonly kind: 'go.mod' };

interface Parts {
  readonly ingest: Ingest;
  readonly modules: ModuleStore;
  readonly scratch: Scratch;
  readonly room: Room;
  /** Milliseconds that a version may take. */
  readonly timeout: number;
  readonly stop: AbortSignal;
}

/** Imports one version after the other, each as a worker stores what it has fetched. */
export class Importer {
  private readonly deadlines: Deadlines;

  constructor(private readonly parts: Parts) {
    this.deadlines = new Deadlines(parts.timeout, parts.stop);
  }

  /** Throws RefusalError when a version can't be stored; `busy` and `internal` are no fault of its own. */
  async import(candidate: Candidate): Promise<Imported> {
    const { ingest, scratch, room } = this.parts;
    const { version, has } = candidate;
    if (!has.has('zip')) return this.inTime(version, (signal) => this.storeMod(candidate, signal));
    if ((await this.isStored('zip', version)) && (await this.isStored('info', version))) {
      // Whoever stored them may have died before they were entered.
      const complete = (signal: AbortSignal): Promise<void> => ingest.complete(version, scratch, signal);
      await room.use(() => this.inTime(version, complete), await candidate.zipBytes());
      return { kind: 'present' };
    }
    const small = await candidate.smallZip();
    const store = (signal: AbortSignal): Promise<Imported> => this.store(candidate, small, signal);
    return room.use(() => this.inTime(version, store), small ? small.size : await candidate.zipBytes());
  }

  private async inTime<T>({ module, version }: ModuleVersion, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { stop } = this.parts;
    // It may have come while this version waited for its turn.
    stop.throwIfAborted();
    const { overtime, signal } = this.deadlines.begin();
    try {
      return await work(signal);
    } catch (error) {
      if (!overtime.aborted || stop.aborted) throw error;
      throw new RefusalError('timeout', `${module}@${version}: not imported within ${this.deadlines.limit / 1000} s`);
    }
  }

  private async store(candidate: Candidate, small: SmallZip | null, signal: AbortSignal): Promise<Imported> {
    const { ingest, scratch } = this.parts;
    const { version, has } = candidate;
    const expected = ingest.expect(version, signal);
    const store = async (zip: SmallZip | Promise<FetchedFile>): Promise<boolean> => {
      const started = performance.now();
      const [mod, info, zipAtHand] = await allOf([
        has.has('mod') ? candidate.mod({ signal }) : null,
        has.has('info') ? candidate.info({ signal }) : null,
        zip,
      ]);
      const files = { zip: zipAtHand, info: info ?? (await madeInfo(candidate)), ...(mod && { mod }) };
      return ingest.storeZip(version, files, expected, started, signal);
    };
    const isOurs = small
      ? await store(small)
      : await scratch.use((folder) => store(candidate.zip({ signal, scratch: folder })));
    if (!isOurs) await ingest.complete(version, scratch, signal, expected);
    return { kind: 'imported', infoMade: !has.has('info') };
  }

  private async storeMod(candidate: Candidate, signal: AbortSignal): Promise<Imported> {
    const { ingest } = this.parts;
    const { version, has } = candidate;
    if (await this.isStored(has.has('info') ? 'info' : 'mod', version)) return { kind: 'present' };
    const expected = ingest.expect(version, signal);
    const [mod, info] = await allOf([candidate.mod({ signal }), has.has('info') ? candidate.info({ signal }) : null]);
    await ingest.storeMod(version, mod, info, expected);
    return { kind: 'go.mod' };
  }

  private async isStored(kind: 'info' | 'mod' | 'zip', version: ModuleVersion): Promise<boolean> {
    return (await this.parts.modules.stat({ kind, ...version })) !== null;
  }
}

/** Waits for all, so that none goes on in a scratch folder that is given away, and throws the first failure. */
async function allOf<T extends readonly unknown[]>(works: T): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  try {
    return await Promise.all(works);
  } catch (error) {
    await Promise.allSettled(works);
    throw error;
  }
}

/**
 * Makes the `.info` that a source lacks: of the commit's time, which a pseudo-version tells, else of the time when the
 * zip was written. Throws RefusalError not-found where neither is known.
 */
async function madeInfo(candidate: Candidate): Promise<FetchedText> {
  const { module, version } = candidate.version;
  const time = commitTime(version) ?? (await candidate.zipTime())?.toISOString().replace(/\.\d+Z$/, 'Z');
  if (time === undefined) throw new RefusalError('not-found', `${module}@${version}: it has no .info`);
  return { bytes: formatInfo({ Version: version, Time: time }), source: SOURCE };
}

function commitTime(version: string): string | null {
  if (!isPseudoVersion(version)) return null;
  return version.replace(/^.*(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)-[A-Za-z0-9]+(?:\+.*)?$/, '$1-$2-$3T$4:$5:$6Z');
}
