import { hash } from 'node:crypto';
import { quarantineKey, type ObjectBody, type ObjectStore } from '#libs/storage';

/** A stored object that was judged: by its etag, so that what took its place meanwhile is left alone. */
export interface Judged {
  readonly key: string;
  readonly etag: string;
}

/**
 * Takes what is damaged out of what is served: `.meta/quarantine/` has the bytes whole, with the reason as JSON beside.
 * The copy is there before the original goes, so no instruction at which this dies loses the only one; done once more,
 * it ends in the same two files.
 */
export class Quarantine {
  constructor(private readonly objects: ObjectStore) {}

  /** Moves an object. Gives the key that it then has; null when it is gone, or another one is in its place. */
  async move({ key, etag }: Judged, reason: string): Promise<string | null> {
    const found = await this.objects.get(key);
    if (found === null) return null;
    if (found.stat.etag !== etag) {
      close(found);
      return null;
    }
    const to = quarantineKey(key, hash('sha256', etag, 'hex').slice(0, 12));
    const { size } = found.stat;
    const why = Buffer.from(`${JSON.stringify({ key, size, reason, moved: new Date().toISOString() }, null, 2)}\n`);
    try {
      await this.objects.put(`${to}.json`, why, { size: why.length, mode: 'replace' });
    } catch (error) {
      close(found);
      throw error;
    }
    if (!(await this.objects.put(to, found.body, { size, mode: 'create' }))) await this.same(to, size);
    if ((await this.objects.stat(key))?.etag !== etag) return null;
    await this.objects.delete(key);
    return to;
  }

  /** What is in quarantine already is of an earlier move of the same object, which died before its end. */
  private async same(to: string, size: number): Promise<void> {
    const kept = await this.objects.stat(to);
    if (kept?.size !== size) throw new Error(`${to} is of another size than what is to be put there`);
  }
}

/** A stream that is not wanted must not be left open. */
function close({ body }: ObjectBody): void {
  if (!Buffer.isBuffer(body)) body.destroy();
}
