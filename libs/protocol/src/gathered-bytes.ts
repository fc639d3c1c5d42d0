/**
 * Bytes that come in chunks, in memory of their own: a chunk keeps a whole read of its connection alive, and of one byte
 * takes a hundred, which makes gigabytes of a small file that comes a byte at a time.
 */
export class GatheredBytes {
  private memory = Buffer.alloc(0);
  private size = 0;

  /** How many came. */
  get length(): number {
    return this.size;
  }

  write(chunk: Uint8Array): undefined {
    const size = this.size + chunk.length;
    if (size > this.memory.length) {
      const larger = Buffer.allocUnsafe(Math.max(size, 2 * this.memory.length));
      this.memory.copy(larger, 0, 0, this.size);
      this.memory = larger;
    }
    this.memory.set(chunk, this.size);
    this.size = size;
  }

  /** Gives what came. */
  bytes(): Buffer {
    return this.memory.subarray(0, this.size);
  }
}
