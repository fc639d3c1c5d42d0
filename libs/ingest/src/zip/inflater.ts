import { constants, createInflateRaw, type InflateRaw } from 'node:zlib';
import { PIECE, type ZipSource } from './zip-source.js';

/** Data that is no deflate stream, or not a whole one. */
export class DamagedDataError extends Error {
  override readonly name = 'DamagedDataError';
}

/** What Node's own stream works with: unchanged for ten years, and used by others (pngjs) for the same reason. */
interface Engine {
  readonly _handle: {
    writeSync(flush: number, from: Buffer, at: number, length: number, to: Buffer, toAt: number, room: number): void;
    reset(): void;
  };
  /** After a write: bytes of `to` that are free, and bytes of `from` that are left. */
  readonly _writeState: Uint32Array;
}

/**
 * Inflates one deflate stream after the other, synchronously and in pieces, with one zlib state and one buffer for all of
 * them. Node's inflateRawSync makes both anew for each: most files of a module are so small that this costs a fifth of the
 * time, and the garbage fills the memory.
 */
export class Inflater {
  private readonly output = Buffer.allocUnsafeSlow(PIECE);
  private stream = open();

  /** Gives what these bytes of a source inflate to; each piece is gone with the next one. Throws DamagedDataError. */
  *inflate(source: ZipSource, start: number, length: number): Generator<Buffer> {
    const { output, stream } = this;
    const { _handle: handle, _writeState: state } = stream as unknown as Engine;
    const end = start + length;
    try {
      let at = start;
      do {
        const data = source.read(at, Math.min(PIECE, end - at));
        at += data.length;
        let left = data.length;
        let free = 0;
        // A full buffer may have more behind it.
        while (free === 0) {
          // The last data has to bring the stream to its end, or zlib says that it is damaged.
          const flush = at === end ? constants.Z_FINISH : constants.Z_NO_FLUSH;
          handle.writeSync(flush, data, data.length - left, left, output, 0, output.length);
          if (stream.destroyed) throw new DamagedDataError();
          [free = 0, left = 0] = state;
          if (free < output.length) yield output.subarray(0, output.length - free);
        }
      } while (at < end);
    } finally {
      if (stream.destroyed) this.stream = open();
      else handle.reset();
    }
  }
}

function open(): InflateRaw {
  // Its own buffer is for a stream's output, which is none here.
  const stream = createInflateRaw({ chunkSize: constants.Z_MIN_CHUNK });
  // A fault destroys the stream, which is what is looked at; the event comes later.
  stream.on('error', () => {});
  return stream;
}
