import * as http from 'node:http';
import * as https from 'node:https';
import { Client } from 'minio';
import { Agent } from 'undici';
import type { StorageConfig } from '#libs/config';
import { RefusalError } from '#libs/protocol';
import { checkKey, prefixFolder } from '../key.js';
import type {
  ByteRange,
  ObjectBody,
  ObjectEntry,
  ObjectSource,
  ObjectStat,
  ObjectStore,
  PutOptions,
  SmallPut,
} from '../object-store.js';
import { isConnectionFault } from '../network-fault.js';
import { putInTurn } from '../put-in-turn.js';
import { SourceError, SourceReader } from '../source-reader.js';
import { SMALL_OBJECT } from '../body.js';
import { conditionalPut } from './conditional-put.js';
import { createTransport, type S3Timeouts } from './deadline-transport.js';
import { readResponse } from './object-response.js';
import { isAbsent, isBeyondRange, s3Refusal, translateS3Error } from './s3-error.js';

type S3Config = Extract<StorageConfig, { kind: 's3' }>;

const TIMEOUTS: S3Timeouts = { connect: 5_000, idle: 30_000, commit: 120_000 };
const PUT_TRIES = 3;
/** Seconds that a signed upload may wait for its start. */
const SIGNATURE_LIFETIME = 60 * 60;

/**
 * Keeps objects in a bucket of an S3 server that honours `If-None-Match: *` on PUT (MinIO and AWS do). The
 * credentials must allow listing, else the server answers 403 for what is absent.
 */
export class S3ObjectStore implements ObjectStore {
  readonly backend = 's3';
  private readonly bucket: string;
  private readonly prefix: string;
  private readonly region: string;
  private readonly client: Client;
  private readonly agent: http.Agent;
  private readonly uploads: Agent;

  constructor(config: S3Config, timeouts: S3Timeouts = TIMEOUTS) {
    const secure = config.endpoint.protocol === 'https:';
    this.bucket = config.bucket;
    this.prefix = config.prefix === '' ? '' : `${config.prefix}/`;
    this.region = config.region;
    this.agent = new (secure ? https : http).Agent({ keepAlive: true, timeout: timeouts.idle });
    this.uploads = new Agent({
      connect: { timeout: timeouts.connect },
      headersTimeout: timeouts.commit,
      bodyTimeout: timeouts.idle,
    });
    this.client = new Client({
      endPoint: config.endpoint.hostname,
      port: Number(config.endpoint.port) || (secure ? 443 : 80),
      useSSL: secure,
      accessKey: config.accessKey,
      secretKey: config.secretKey,
      // Without it each bucket would be asked for its region, which takes a permission of its own.
      region: config.region,
      pathStyle: config.pathStyle,
      transportAgent: this.agent,
      transport: createTransport(secure, timeouts),
      // It would retry on the console, and statuses only.
      retryOptions: { disableRetry: true },
    });
  }

  async stat(key: string): Promise<ObjectStat | null> {
    const name = this.name(key);
    try {
      const found = await this.retried(() => this.client.statObject(this.bucket, name));
      return { size: found.size, modified: found.lastModified, etag: found.etag };
    } catch (error) {
      if (!isAbsent(error)) throw translateS3Error(error);
    }
    await this.check();
    return null;
  }

  async get(key: string, range?: ByteRange): Promise<ObjectBody | null> {
    const name = this.name(key);
    const { start, length } = range
      ? { start: range.start, length: range.end - range.start + 1 }
      : { start: 0, length: 0 };
    // The client takes a length of 0 for none at all.
    if (range && !(length > 0 && start >= 0)) throw new RangeError('range not satisfiable');
    try {
      return await this.retried(async () =>
        readResponse(await this.client.getPartialObject(this.bucket, name, start, length), range),
      );
    } catch (error) {
      if (isBeyondRange(error)) throw new RangeError('range not satisfiable');
      if (isAbsent(error)) return null;
      throw translateS3Error(error);
    }
  }

  async put(key: string, source: ObjectSource, options: PutOptions): Promise<boolean> {
    const reader = new SourceReader(source, options);
    try {
      const name = this.name(key);
      options.signal?.throwIfAborted();
      // Saves sending what would be refused.
      if (options.mode === 'create' && options.size > SMALL_OBJECT && (await this.stat(key))) return false;
      return await this.upload(key, name, reader, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      throw error instanceof SourceError ? error.origin : translateS3Error(error);
    } finally {
      reader.close();
    }
  }

  async putInTurn(objects: readonly SmallPut[]): Promise<number> {
    return putInTurn(this, objects);
  }

  async *list(prefix: string, startAfter = ''): AsyncGenerator<ObjectEntry> {
    prefixFolder(prefix);
    // MinIO lists nothing when the start has another prefix, even one that sorts before.
    const inside = startAfter.startsWith(prefix);
    if (!inside && startAfter > prefix) return;
    const [from, after] = [this.prefix + prefix, inside && startAfter !== '' ? this.prefix + startAfter : ''];
    for (let token = '', more = true; more;) {
      const page = await this.listPage(from, token, after);
      for (const { name, size, lastModified } of page.objects) {
        if (name !== undefined) yield { key: name.slice(this.prefix.length), size, modified: lastModified };
      }
      token = page.nextContinuationToken;
      more = page.isTruncated;
    }
  }

  async delete(key: string): Promise<void> {
    const name = this.name(key);
    try {
      await this.retried(() => this.client.removeObject(this.bucket, name));
    } catch (error) {
      throw translateS3Error(error);
    }
  }

  async open(): Promise<void> {
    if (await this.bucketExists()) return;
    try {
      await this.client.makeBucket(this.bucket, this.region);
    } catch (error) {
      // Another process may have made it in the meantime.
      if (!(await this.bucketExists())) throw translateS3Error(error);
    }
  }

  async check(): Promise<void> {
    if (!(await this.bucketExists())) throw s3Refusal('NoSuchBucket');
  }

  async close(): Promise<void> {
    this.agent.destroy();
    await this.uploads.destroy();
  }

  private name(key: string): string {
    checkKey(key);
    return this.prefix + key;
  }

  private async bucketExists(): Promise<boolean> {
    try {
      return await this.retried(() => this.client.bucketExists(this.bucket));
    } catch (error) {
      throw translateS3Error(error);
    }
  }

  private async listPage(prefix: string, token: string, after: string) {
    try {
      return await this.retried(() => this.client.listObjectsV2Query(this.bucket, prefix, token, '', 1000, after));
    } catch (error) {
      throw translateS3Error(error);
    }
  }

  /** A kept connection may have been closed by the server at this very moment: what changes nothing is tried again. */
  private async retried<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (!isConnectionFault(error)) throw error;
      return call();
    }
  }

  private async upload(key: string, name: string, reader: SourceReader, options: PutOptions): Promise<boolean> {
    const { size, mode, signal } = options;
    const create = mode === 'create';
    for (let tries = 1; ; tries++) {
      let failure: unknown = new RefusalError('busy', 'the storage is busy with another write of the same object');
      try {
        const url = await this.client.presignedPutObject(this.bucket, name, SIGNATURE_LIFETIME);
        const outcome = await conditionalPut(reader, { url, size, create, signal, dispatcher: this.uploads });
        if (outcome !== 'conflict') return outcome === 'stored';
      } catch (error) {
        if (!isConnectionFault(error)) throw error;
        failure = error;
      }
      signal?.throwIfAborted();
      // A server that refuses before it has read the body closes the connection: the reset can overtake its answer.
      if (create && (await this.stat(key))) return false;
      if (!reader.repeatable || tries === PUT_TRIES) throw failure;
    }
  }
}
