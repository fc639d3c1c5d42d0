import type { Body } from './exchange.js';

/** The bytes of a small file. */
export class TextBody implements Body {
  private readonly chunks: Buffer[] = [];

  write(chunk: Buffer): undefined {
    this.chunks.push(chunk);
  }

  /** Gives what came, as a copy: a chunk keeps a whole read of its connection alive. */
  bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }
}
