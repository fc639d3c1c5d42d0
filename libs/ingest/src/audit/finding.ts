import type { ModuleVersion } from '#libs/protocol';
import type { Judged } from '../quarantine.js';

/**
 * What a check may find:
 *
 * - `damaged`: a file is not what it must be. Its bytes go to quarantine.
 * - `missing`: a file, a receipt or an index entry that belongs to what is stored.
 * - `orphan`: an index entry that no receipt stands behind.
 * - `unknown`: the checksum database that covers the module has never seen the version.
 * - `foreign`: an object that is none of the storage's.
 * - `unchecked`: the checksum database could not be asked.
 */
export type Fault = 'damaged' | 'missing' | 'orphan' | 'unknown' | 'foreign' | 'unchecked';

/** One thing that a check found. */
export interface Finding {
  readonly fault: Fault;
  /** `module@version`, a module, or the key of what belongs to none. */
  readonly subject: string;
  /** `info`, `mod`, `zip`, `receipt`, `index`, ...: which part of it. */
  readonly part: string;
  /** Why, in one line without the subject; empty where the fault says it all. */
  readonly message: string;
}

/** A part of a version that is stored, or ought to be. */
export type Part = 'info' | 'mod' | 'zip' | 'receipt' | 'index';

/** An object that is not what it must be. */
export interface Damage extends Judged {
  readonly part: string;
  readonly reason: string;
}

/** What a check says of one stored thing. */
export interface Report {
  readonly findings: readonly Finding[];
  /** To be moved to quarantine. */
  readonly damaged: readonly Damage[];
  /** Index entries to be removed: they are empty, so nothing is lost with them. */
  readonly orphans: readonly string[];
  /** Null for what is of no version. */
  readonly version: ModuleVersion | null;
  /** Parts of the version that are to be there and are not. */
  readonly missing: readonly Part[];
  /** The go.mod of its zip, where that is sound: the `.mod` that it must have. */
  readonly goMod: Buffer | null;
}

/** A report that has nothing to say. */
export const CLEAN: Report = { findings: [], damaged: [], orphans: [], version: null, missing: [], goMod: null };
