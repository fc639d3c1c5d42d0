/** Milliseconds between two drawings of a bar, and between two lines where there is no terminal. */
const REDRAW = 100;
const LINE_EVERY = 5_000;
const BAR_WIDTH = 24;
const ERASE_LINE = '\x1b[2K';

/** Where progress is shown: stderr, for stdout is what a command answers. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** How progress is shown. */
export interface ProgressOptions {
  /** Shows nothing. */
  readonly quiet?: boolean | undefined;
  readonly output?: ProgressOutput;
}

/**
 * Shows how far a command is: a bar on a terminal, else a plain line every five seconds. The bar leaves the cursor at
 * the start of its line, so that whatever else is written takes its place.
 */
export class Progress {
  private readonly output: ProgressOutput | null;
  private readonly timer: NodeJS.Timeout | undefined;
  private readonly started = performance.now();
  private done = 0;
  private skipped = 0;
  private total: number | null = null;

  /** `doing` is what goes on, as a participle: `importing`. */
  constructor(
    private readonly doing: string,
    { quiet = false, output = process.stderr }: ProgressOptions = {},
  ) {
    this.output = quiet ? null : output;
    if (!quiet) this.timer = setInterval(() => this.show(), output.isTTY ? REDRAW : LINE_EVERY).unref();
  }

  /** Says how many there are in all, once that is known. */
  expect(total: number): void {
    this.total = total;
  }

  /** One more is done. */
  advance(): void {
    this.done++;
  }

  /** One more was done before, at no cost: it tells nothing of the speed. */
  skip(): void {
    this.done++;
    this.skipped++;
  }

  /** Ends the showing. A bar is erased, for a summary follows. */
  end(): void {
    clearInterval(this.timer);
    if (this.output?.isTTY) this.output.write(ERASE_LINE);
  }

  private show(): void {
    const { output } = this;
    if (!output?.isTTY) {
      output?.write(`stoa: ${this.doing}: ${this.figures()}\n`);
      return;
    }
    const line = `${this.doing} ${this.bar()}${this.figures()}`;
    // A terminal that was told no size has 0 columns.
    output.write(`${ERASE_LINE}${line.slice(0, (output.columns || 80) - 1)}\r`);
  }

  private bar(): string {
    if (!this.total) return '';
    const filled = Math.floor((Math.min(this.done, this.total) / this.total) * BAR_WIDTH);
    return `[${'='.repeat(filled)}${' '.repeat(BAR_WIDTH - filled)}] `;
  }

  private figures(): string {
    const rate = (this.done - this.skipped) / ((performance.now() - this.started) / 1000);
    const figures = [this.total === null ? `${this.done}` : `${this.done} of ${this.total}`];
    if (rate > 0) figures.push(`${rate < 10 ? rate.toFixed(1) : Math.round(rate)} a second`);
    if (rate > 0 && this.total !== null) figures.push(`${duration((this.total - this.done) / rate)} left`);
    return figures.join(', ');
  }
}

function duration(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  if (seconds < 3600) return `${Math.ceil(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
