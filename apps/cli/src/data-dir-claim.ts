import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '#libs/protocol';
import { makeRoot } from '#libs/storage';
import { ExpectedFailure } from './expected-failure.js';
import { lives, markProcess } from './process-identity.js';
import { parseRunRecord, type RunRecord } from './run-record.js';

/**
 * The right of one standalone to a data dir: a file in it that names the process. Taking it is a link, which fails
 * where there is one; a claim whose process is gone is taken over.
 */
export class DataDirClaim {
  private constructor(
    private readonly file: string,
    private current: RunRecord,
  ) {}

  /** Claims `dataDir`, which is made if needed. Throws ExpectedFailure when a living standalone has it. */
  static take(dataDir: string): { claim: DataDirClaim; leftover: RunRecord | null } {
    try {
      makeRoot(dataDir);
      return DataDirClaim.takeFile(dataDir, join(dataDir, 'standalone.json'));
    } catch (error) {
      if (!(error instanceof Error) || errorCode(error) === undefined) throw error;
      throw new ExpectedFailure(
        `the data dir ${dataDir} can't be used (${error.message}): set STOA_DATA_DIR to a folder that can be written`,
      );
    }
  }

  private static takeFile(dataDir: string, file: string): { claim: DataDirClaim; leftover: RunRecord | null } {
    const supervisor = markProcess(process.pid) ?? { pid: process.pid, began: '' };
    for (;;) {
      const found = readRecord(file);
      if (found && lives(found.record.supervisor)) {
        throw new ExpectedFailure(
          `another standalone (process ${found.record.supervisor.pid}) runs in ${dataDir}: stop it, or set STOA_DATA_DIR to another folder`,
        );
      }
      if (found && !removeIfSame(file, found.text)) continue;
      // What was left over stays on record until it is ended: this process may crash too.
      const record: RunRecord = { ...found?.record, members: found?.record.members ?? {}, supervisor };
      if (linkNew(file, JSON.stringify(record)))
        return { claim: new DataDirClaim(file, record), leftover: found?.record ?? null };
    }
  }

  /** Writes down what runs now. */
  record(changes: Partial<Omit<RunRecord, 'supervisor'>>): void {
    this.current = { ...this.current, ...changes };
    const draft = `${this.file}.${process.pid}`;
    writeFileSync(draft, JSON.stringify(this.current), { mode: 0o600 });
    renameSync(draft, this.file);
  }

  /** Writes down a member that was started. */
  recordMember(name: string, pid: number): void {
    const mark = markProcess(pid);
    if (mark) this.record({ members: { ...this.current.members, [name]: mark } });
  }

  /** Gives the data dir up. */
  release(): void {
    rmSync(this.file, { force: true });
  }
}

/** The record in the file, null where there is no file. What is no record is of a time before a crash of the machine. */
function readRecord(file: string): { text: string; record: RunRecord } | null {
  try {
    const text = readFileSync(file, 'utf8');
    return { text, record: parseRunRecord(text) ?? { supervisor: { pid: 0, began: '' }, members: {} } };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

/** Removes a stale claim, unless another start has just replaced it by its own, which then is put back. */
function removeIfSame(file: string, text: string): boolean {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
  const same = readFileSync(aside, 'utf8') === text;
  if (!same) linkSync(aside, file);
  rmSync(aside);
  return same;
}

function linkNew(file: string, text: string): boolean {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, text, { mode: 0o600 });
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}
