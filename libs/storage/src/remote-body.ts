import type { Readable } from 'node:stream';
import { readBody, SMALL_OBJECT } from './body.js';
import type { ByteRange, ObjectBody } from './object-store.js';
import { PumpedBody } from './pumped-body.js';

/**
 * Gives the body of a storage server's answer of so many bytes, or a range of it where the server can't: what is small is
 * read here, what is large stays a stream. Nobody else may read the source.
 */
export async function receiveBody(source: Readable, size: number, range?: ByteRange): Promise<ObjectBody['body']> {
  const length = range ? range.end - range.start + 1 : size;
  return length <= SMALL_OBJECT ? readBody(piecesOf(source, range)) : new RemoteBody(source, range);
}

/**
 * The body of a storage server's answer, or a range of it, as a stream that fails when the answer does. Destroying it
 * closes the connection, without a word. Piped, it gives back the memory of each piece that was written out: Node reads
 * every 64 KiB of a connection into a new buffer, and those that wait for a slow client get old, so that the collector
 * lets a hundred clients have a hundred MiB of them. Who iterates has the pieces for good.
 */
export class RemoteBody extends PumpedBody {
  private readonly pieces: AsyncIterator<Buffer, undefined>;

  /** Nobody else may read the source, nor keep its pieces. */
  constructor(
    private readonly source: Readable,
    range?: ByteRange,
  ) {
    super();
    // What comes after we were destroyed, as undici's word of an abort, concerns nobody.
    source.on('error', () => {});
    this.pieces = piecesOf(source, range)[Symbol.asyncIterator]();
  }

  override _read(): void {
    this.next().then(
      (piece) => this.push(piece),
      (error: unknown) => this.destroy(error as Error),
    );
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.source.destroy();
    done(error);
  }

  protected override async pump(write: (piece: Buffer) => Promise<boolean>): Promise<void> {
    for (let piece = await this.next(); piece && (await write(piece)); piece = await this.next()) release(piece);
  }

  private async next(): Promise<Buffer | null> {
    const { value } = await this.pieces.next();
    return value ?? null;
  }
}

/** Frees the memory of a piece, unless it is a part of something larger. Whoever has the piece still finds it empty. */
function release({ buffer, byteLength }: Buffer): void {
  if (buffer.byteLength === byteLength && buffer instanceof ArrayBuffer) buffer.transfer(0);
}

function piecesOf(source: Readable, range: ByteRange | undefined): AsyncIterable<Buffer, undefined> {
  return range ? cut(source, range) : (source as AsyncIterable<Buffer, undefined>);
}

async function* cut(body: AsyncIterable<Buffer>, { start, end }: ByteRange): AsyncGenerator<Buffer, undefined> {
  let position = 0;
  for await (const piece of body) {
    const wanted = piece.subarray(Math.max(0, start - position), end + 1 - position);
    position += piece.length;
    if (wanted.length > 0) yield wanted;
    if (position > end) return;
  }
}
