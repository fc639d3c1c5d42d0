import { randomUUID } from 'node:crypto';
import { closeSync, fstatSync, openSync, renameSync, write } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { removeFile } from '../fs/put-file.js';
import { setTimes, type Admitted } from './cached-file.js';
import { formatLabel, type Label } from './label.js';

const writeTo = promisify(write);
/** Begins the names of the files that this process is making: others may share the folder. */
const OURS = `${randomUUID()}.`;
let made = 0;

/** Tells whether an unfinished file is one that this process is making. */
export function isOurs(name: string): boolean {
  return name.startsWith(OURS);
}

/**
 * A cached file in the making. It is never synced: what a power failure leaves of it is found out by its checksum,
 * and a sync would make a busy disk busier.
 */
export class UnfinishedFile {
  private readonly file: number;
  private length = 0;
  private finished = false;
  private where: string;

  /** Makes the file. Throws system errors. */
  constructor(folder: string) {
    this.where = join(folder, `${OURS}${++made}`);
    this.file = openSync(this.where, 'wx');
  }

  /** Where it is now. */
  get path(): string {
    return this.where;
  }

  /** Adds bytes at the end. */
  async append(bytes: Buffer): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await writeTo(this.file, bytes, done, bytes.length - done, this.length);
      done += bytesWritten;
      this.length += bytesWritten;
    }
  }

  /** Adds the label: from then on it is a whole file of the cache, but for its name. */
  async seal(label: Label): Promise<void> {
    await this.append(formatLabel(label));
    setTimes(this.file, label.stat);
  }

  /** Gives the file its name, in place of the file that has it. */
  finish(path: string, { stat }: Label): Admitted {
    const seen = fstatSync(this.file);
    renameSync(this.where, path);
    this.where = path;
    this.finished = true;
    return { stat, seen, until: Infinity };
  }

  /** Closes it, and removes it unless it was finished; who reads it keeps what there is of it. */
  end(): void {
    closeSync(this.file);
    if (!this.finished) removeFile(this.where);
  }
}
