import type { Socket } from 'node:net';

/** What a connection suffers, in both directions. */
export interface Fault {
  /** Milliseconds that each byte is late. */
  readonly delay?: number;
  /** Bytes a second at most. */
  readonly bandwidth?: number;
  /** Nothing arrives, neither bytes nor the end, as when a cable is pulled; what was held arrives once healed. */
  readonly blackHole?: boolean;
}

/** Bytes held at most in one direction; beyond them the sender has to wait, as it would on a full line. */
const HELD = 1 << 20;
/** Bytes written at once on a slow line. */
const PIECE = 16 << 10;

/** One direction of a connection: bytes and the end pass in order, as late and as slowly as the fault says. */
export class FaultyPipe {
  /** What waits, with the time on performance.now()'s clock at which it arrived; null is the end. */
  private readonly held: { arrived: number; bytes: Buffer | null }[] = [];
  private size = 0;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  private freeAt = 0;

  constructor(
    private readonly from: Socket,
    private readonly to: Socket,
    private fault: Fault,
  ) {
    from.on('data', (bytes: Buffer) => this.take(bytes));
    from.on('end', () => this.take(null));
    to.on('drain', () => this.pass());
  }

  set(fault: Fault): void {
    this.fault = fault;
    this.freeAt = 0;
    this.pass();
  }

  /** Drops what is held and passes nothing more. */
  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    this.held.length = 0;
  }

  private take(bytes: Buffer | null): void {
    this.held.push({ arrived: performance.now(), bytes });
    this.size += bytes?.length ?? 0;
    if (this.size > HELD) this.from.pause();
    this.pass();
  }

  /** Passes what is due, and comes back for what is not. */
  private pass(): void {
    clearTimeout(this.timer);
    for (let next = this.held[0]; next && !this.stopped; next = this.held[0]) {
      if (this.fault.blackHole || this.to.writableNeedDrain) return;
      const wait = Math.max(next.arrived + (this.fault.delay ?? 0), this.freeAt) - performance.now();
      if (wait > 0) {
        this.timer = setTimeout(() => this.pass(), Math.ceil(wait));
        return;
      }
      this.send(next);
    }
    if (this.size <= HELD && !this.stopped) this.from.resume();
  }

  private send(next: { arrived: number; bytes: Buffer | null }): void {
    const { bandwidth } = this.fault;
    const { bytes } = next;
    if (bytes === null) {
      this.held.shift();
      this.to.end();
      return;
    }
    const piece = bandwidth === undefined ? bytes : bytes.subarray(0, Math.min(PIECE, bandwidth));
    if (piece.length < bytes.length) next.bytes = bytes.subarray(piece.length);
    else this.held.shift();
    this.size -= piece.length;
    if (bandwidth !== undefined) this.freeAt = performance.now() + (piece.length / bandwidth) * 1000;
    this.to.write(piece);
  }
}
