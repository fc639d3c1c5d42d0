import { randomUUID } from 'node:crypto';
import * as http from 'node:http';
import * as https from 'node:https';
import { Client, S3Error, type ClientOptions } from 'minio';
import type { CredentialProvider } from 'minio/dist/esm/CredentialProvider.mjs';
import { Agent } from 'undici';
import { trustedCertificates, type StorageConfig } from '#libs/config';
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
import { isConnectionFault, retried } from '../network-fault.js';
import { putInTurn } from '../put-in-turn.js';
import { reading, type SourceReader } from '../source-reader.js';
import { SMALL_OBJECT } from '../body.js';
import { alone } from './claims.js';
import { conditionalPut } from './conditional-put.js';
import { credentialProvider } from './credentials.js';
import { createTransport, type S3Timeouts } from './deadline-transport.js';
import { askPage, listKeys, type ListPage, type ListQuery } from './listing.js';
import { checkStat, readResponse } from './object-response.js';
import { isAbsent, isBeyondRange, isNotImplemented, s3Refusal, translateS3Error } from './s3-error.js';
import { signPut } from './signer.js';

type S3Config = Extract<StorageConfig, { kind: 's3' }>;

const TIMEOUTS: S3Timeouts = { connect: 5_000, idle: 30_000, commit: 120_000 };
const PUT_TRIES = 3;
/** Seconds that a signed upload may wait for its start. */
const SIGNATURE_LIFETIME = 60 * 60;

/**
 * Keeps objects in a bucket of an S3 server. One that honours `If-None-Match: *` on PUT (MinIO and AWS do) creates each
 * once; on another, writers agree among themselves (see `alone`): whoever opens the store to write finds out which. The
 * credentials must allow listing, else the server answers 403 for what is absent.
 */
export class S3ObjectStore implements ObjectStore {
  readonly backend = 's3';
  private readonly provider: CredentialProvider;
  private readonly encryption: S3Config['encryption'];
  /** Where clients are sent; null: nowhere. */
  private readonly outside: Client | null;
  private createsOnce = true;
  private readonly bucket: string;
  private readonly prefix: string;
  private readonly region: string;
  private readonly client: Client;
  private readonly agent: http.Agent;
  private readonly uploads: Agent;

  constructor(
    config: S3Config,
    timeouts: S3Timeouts = TIMEOUTS,
    /** Whether objects will be created through it. */
    private readonly writes = true,
  ) {
    const secure = config.endpoint.protocol === 'https:';
    const trust = secure ? { secureContext: trustedCertificates(config.network) } : {};
    this.bucket = config.bucket;
    this.prefix = config.prefix === '' ? '' : `${config.prefix}/`;
    this.region = config.region;
    this.agent = new (secure ? https : http).Agent({ keepAlive: true, timeout: timeouts.idle, ...trust });
    this.uploads = new Agent({
      connect: { timeout: timeouts.connect, ...trust },
      headersTimeout: timeouts.commit,
      bodyTimeout: timeouts.idle,
    });
    this.provider = credentialProvider(config.credentials);
    this.encryption = config.encryption;
    this.client = new Client({
      ...clientOptions(config, config.endpoint, this.provider),
      transportAgent: this.agent,
      transport: createTransport(secure, timeouts),
      // It would retry on the console, and statuses only.
      retryOptions: { disableRetry: true },
    });
    // It signs, and never connects.
    this.outside = config.publicEndpoint && new Client(clientOptions(config, config.publicEndpoint, this.provider));
  }

  async stat(key: string): Promise<ObjectStat | null> {
    const name = this.name(key);
    try {
      const found = await retried(() => this.client.statObject(this.bucket, name));
      return checkStat({ size: found.size, modified: found.lastModified, etag: found.etag });
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
      return await retried(async () =>
        readResponse(await this.client.getPartialObject(this.bucket, name, start, length), range),
      );
    } catch (error) {
      if (isBeyondRange(error)) throw new RangeError('range not satisfiable');
      if (isAbsent(error)) return null;
      throw translateS3Error(error);
    }
  }

  async put(key: string, source: ObjectSource, options: PutOptions): Promise<boolean> {
    return reading(source, options, translateS3Error, async (reader) => {
      const name = this.name(key);
      options.signal?.throwIfAborted();
      // Saves sending what would be refused.
      if (options.mode === 'create' && options.size > SMALL_OBJECT && (await this.stat(key))) return false;
      if (options.mode === 'replace' || this.createsOnce) return await this.upload(key, name, reader, options);
      const create = async (): Promise<boolean> => {
        if (await this.stat(key)) return false;
        return this.upload(key, name, reader, options);
      };
      return await alone(this, key, create, { signal: options.signal });
    });
  }

  async putInTurn(objects: readonly SmallPut[]): Promise<number> {
    return putInTurn(this, objects);
  }

  async *list(prefix: string, startAfter = ''): AsyncGenerator<ObjectEntry> {
    prefixFolder(prefix);
    // MinIO lists nothing when the start has another prefix, even one that sorts before.
    const inside = startAfter.startsWith(prefix);
    if (!inside && startAfter > prefix) return;
    const after = inside ? startAfter : '';
    yield* listKeys((query) => this.askPage(query), { root: this.prefix, prefix, after });
  }

  async delete(key: string): Promise<void> {
    const name = this.name(key);
    try {
      await retried(() => this.client.removeObject(this.bucket, name));
    } catch (error) {
      throw translateS3Error(error);
    }
  }

  async open(): Promise<void> {
    // Any web server may answer HEAD with 200; a list comes from an S3 server alone.
    if (!(await this.isListed())) await this.makeBucket();
    if (this.writes) this.createsOnce = await this.findWhetherCreatesOnce();
  }

  /** A URL by which whoever has it reads an object for so many seconds; null when the settings send nobody there. */
  async link(key: string, seconds: number): Promise<string | null> {
    if (!this.outside) return null;
    try {
      return await this.outside.presignedGetObject(this.bucket, this.name(key), seconds);
    } catch (error) {
      throw translateS3Error(error);
    }
  }

  private async makeBucket(): Promise<void> {
    try {
      await this.client.makeBucket(this.bucket, this.region);
    } catch (error) {
      // Another process may have made it in the meantime.
      if (!(await this.isListed())) throw translateS3Error(error);
    }
  }

  async check(): Promise<void> {
    if (!(await this.isThere())) throw s3Refusal('NoSuchBucket');
  }

  async close(): Promise<void> {
    this.agent.destroy();
    await this.uploads.destroy();
  }

  private name(key: string): string {
    checkKey(key, this.prefix.length);
    return this.prefix + key;
  }

  /** Creates a probe twice: a server that does as it is asked refuses the second; one may refuse to be asked. */
  private async findWhetherCreatesOnce(): Promise<boolean> {
    const key = `.meta/probe/${randomUUID()}`;
    const create = (): Promise<boolean> => this.put(key, Buffer.from('?'), { size: 1, mode: 'create' });
    try {
      await create();
      return !(await create());
    } catch (error) {
      if (isNotImplemented(error)) return false;
      throw error;
    } finally {
      await this.delete(key);
    }
  }

  /** Whether the bucket is there, for the price of a look. */
  private async isThere(): Promise<boolean> {
    try {
      return await retried(() => this.client.bucketExists(this.bucket));
    } catch (error) {
      if (!(error instanceof S3Error)) throw translateS3Error(error);
      // An answer to HEAD has no body to say why. One to GET has, and credentials for a prefix alone may list that.
      return this.isListed();
    }
  }

  private async isListed(): Promise<boolean> {
    try {
      await this.askPage({ prefix: this.prefix, limit: 1 });
      return true;
    } catch (error) {
      if (error instanceof S3Error && error.code === 'NoSuchBucket') return false;
      throw translateS3Error(error);
    }
  }

  private async askPage(query: ListQuery): Promise<ListPage> {
    return retried(() => askPage(this.client, this.bucket, query));
  }

  private async upload(key: string, name: string, reader: SourceReader, options: PutOptions): Promise<boolean> {
    const { size, mode, signal } = options;
    const create = mode === 'create';
    const md5 = await reader.md5();
    for (let tries = 1; ; tries++) {
      let failure: unknown = new RefusalError('busy', 'the storage is busy with another write of the same object');
      try {
        const signed = await signPut(
          { client: this.client, provider: this.provider, region: this.region },
          { name, bucket: this.bucket, seconds: SIGNATURE_LIFETIME, encryption: this.encryption },
        );
        const outcome = await conditionalPut(reader, {
          signed,
          size,
          md5,
          create: create && this.createsOnce,
          dispatcher: this.uploads,
          signal,
        });
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

function clientOptions(config: S3Config, endpoint: URL, provider: CredentialProvider): ClientOptions {
  const secure = endpoint.protocol === 'https:';
  return {
    endPoint: endpoint.hostname,
    port: Number(endpoint.port) || (secure ? 443 : 80),
    useSSL: secure,
    // Without it each bucket would be asked for its region, which takes a permission of its own.
    region: config.region,
    pathStyle: config.pathStyle,
    // Of one class at run time; the types of the two module systems are told apart.
    credentialsProvider: provider as never,
  };
}
