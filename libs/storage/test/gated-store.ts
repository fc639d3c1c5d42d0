import { MemoryObjectStore, type ByteRange, type ObjectBody } from '#libs/storage';

/** Counts reads, and holds them back while the gate is closed. */
export class GatedStore extends MemoryObjectStore {
  reads = 0;
  private gate: Promise<void> | null = null;

  /** Reads see what is stored now, and give it when the returned function is called. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.gate = promise;
    return () => {
      this.gate = null;
      resolve();
    };
  }

  override async get(key: string, range?: ByteRange): Promise<ObjectBody | null> {
    this.reads++;
    const found = await super.get(key, range);
    await this.gate;
    return found;
  }
}
