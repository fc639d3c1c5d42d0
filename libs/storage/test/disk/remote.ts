import { Readable } from 'node:stream';
import { MemoryObjectStore, type ByteRange, type ObjectBody, type ObjectStat } from '#libs/storage';

/** Bytes that a Remote gives at once. */
export const CHUNK = 64 * 1024;

/** A storage far away: bodies are streams, which can be held back or broken off, and each call is written down. */
export class Remote extends MemoryObjectStore {
  readonly calls: string[] = [];
  /** Bytes after which a whole read waits for `release`, or fails. */
  holdAfter = Infinity;
  breakAfter = Infinity;
  away = false;
  private gate = Promise.withResolvers<void>();

  release(): void {
    this.holdAfter = Infinity;
    this.gate.resolve();
    this.gate = Promise.withResolvers();
  }

  override async stat(key: string): Promise<ObjectStat | null> {
    this.calls.push('stat');
    if (this.away) throw new Error('away');
    return super.stat(key);
  }

  override async get(key: string, range?: ByteRange): Promise<ObjectBody | null> {
    this.calls.push(range ? `range ${range.start}-${range.end}` : 'get');
    if (this.away) throw new Error('away');
    const found = await super.get(key, range);
    if (!found || !Buffer.isBuffer(found.body) || found.body.length <= CHUNK) return found;
    const body = Readable.from(this.chunks(found.body, range !== undefined), { objectMode: false });
    return { ...found, body };
  }

  /** It outlives the tiers over it. */
  override async close(): Promise<void> {}

  private async *chunks(bytes: Buffer, part: boolean): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += CHUNK) {
      if (!part && at >= this.breakAfter) throw new Error('broken off');
      if (!part && at >= this.holdAfter) await this.gate.promise;
      yield bytes.subarray(at, at + CHUNK);
    }
  }
}
