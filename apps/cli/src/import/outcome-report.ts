import { closeSync, openSync, writeSync } from 'node:fs';
import type { Imported } from './importer.js';

/** Lines of the summary about what was left out; a report has all. */
const SHOWN = 50;

/** What is told of a version beyond its being imported. */
interface Line {
  /** `module@version` as the source has it. */
  readonly name: string;
  readonly outcome: 'left-out' | 'info-made' | 'go.mod-only';
  readonly reason: string;
}

/** Counts what became of versions, and tells what was not simply imported: in a summary, and line by line in a file. */
export class OutcomeReport {
  private readonly counts = { imported: 0, present: 0, modOnly: 0, infoMade: 0, leftOut: 0 };
  private readonly shown: string[] = [];
  private readonly file: number | null;

  /** `path`: a file that is written anew, one JSON object a line. Throws the system's error when it can't be. */
  constructor(path: string | undefined) {
    this.file = path === undefined ? null : openSync(path, 'w');
  }

  get leftOut(): number {
    return this.counts.leftOut;
  }

  /** Whether there was nothing at all. */
  get isEmpty(): boolean {
    return Object.values(this.counts).every((count) => count === 0);
  }

  stored(name: string, what: Imported): void {
    if (what.kind === 'present') this.counts.present++;
    else if (what.kind === 'go.mod') {
      this.counts.modOnly++;
      this.write({ name, outcome: 'go.mod-only', reason: 'the source has no zip of it' });
    } else {
      this.counts.imported++;
      if (!what.infoMade) return;
      this.counts.infoMade++;
      this.write({ name, outcome: 'info-made', reason: 'the source has no .info of it: made of its time' });
    }
  }

  /** `reason` is one line that may begin with the name. */
  leave(name: string, reason: string): void {
    const why = reason.startsWith(`${name}: `) ? reason.slice(name.length + 2) : reason;
    this.counts.leftOut++;
    if (this.shown.length < SHOWN) this.shown.push(`  ${name}: ${why}`);
    this.write({ name, outcome: 'left-out', reason: why });
  }

  /** The end, as lines for a person. */
  summary(): string[] {
    const { imported, present, modOnly, infoMade, leftOut } = this.counts;
    const made = infoMade > 0 ? ` (${infoMade} without an .info, which was made of their time)` : '';
    const more = leftOut - this.shown.length;
    return [
      `imported ${imported}${made}, already there ${present}, go.mod alone ${modOnly}, left out ${leftOut}`,
      ...this.shown,
      ...(more > 0 ? [`  and ${more} more: --report FILE tells all`] : []),
    ];
  }

  close(): void {
    if (this.file !== null) closeSync(this.file);
  }

  private write(line: Line): void {
    if (this.file !== null) writeSync(this.file, `${JSON.stringify(line)}\n`);
  }
}
