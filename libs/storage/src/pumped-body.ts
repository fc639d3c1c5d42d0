import { Readable, type Writable } from 'node:stream';

/**
 * A stream that, piped, writes a piece only when the destination has written out the one before: each client holds no
 * more than that, and it is known when the memory of a piece is free. Node's own pipe leaves that to the collector.
 */
export abstract class PumpedBody extends Readable {
  override pipe<T extends NodeJS.WritableStream>(destination: T, options?: { end?: boolean }): T {
    this.send(destination as unknown as Writable, options?.end !== false).catch((error: unknown) =>
      this.destroy(error as Error),
    );
    return destination;
  }

  /** Gives the pieces to `write`, one after the other, until it gives false: none is to be read then, either. */
  protected abstract pump(write: (piece: Buffer) => Promise<boolean>): Promise<void>;

  private async send(destination: Writable, ends: boolean): Promise<void> {
    if (this.destroyed) return;
    let goesOn = true;
    await this.pump(async (piece) => {
      // A write that failed may still have the piece. Who destroys the destination ends us too.
      goesOn = !this.destroyed && (await written(destination, piece)) && !this.destroyed;
      return goesOn;
    });
    if (!goesOn || this.destroyed) return;
    if (ends) destination.end();
    this.push(null);
    this.resume();
  }
}

/** Whether a destination has taken a piece out of our hands. */
function written(destination: Writable, piece: Buffer): Promise<boolean> {
  return new Promise((resolve) => destination.write(piece, (error) => resolve(!error)));
}
