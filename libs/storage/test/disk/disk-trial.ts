import { hash, randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { Metrics } from '#libs/observability';
import { DiskTier, readBody } from '#libs/storage';
import { CHUNK, Remote } from './remote.js';

export { CHUNK };
export const SIZE = 20 * CHUNK;
export const ZIP = 'example.com/a/@v/v1.0.0.zip';
/** What the storage has of ZIP when a test begins. */
export const zip = randomBytes(SIZE);

interface TierOptions {
  readonly maxBytes?: number;
  readonly folder?: string;
  readonly origin?: string;
}

/** Which bytes came from where, short enough to be compared at once. */
export function said(bytes: Buffer, tier: string): string {
  return `${hash('sha256', bytes)} of ${bytes.length} from ${tier}`;
}

/** A new disk tier before a new storage for each test of a file. */
export function diskTrial(): DiskTrial {
  const trial = new DiskTrial();
  beforeEach(() => trial.begin());
  afterEach(() => trial.end());
  return trial;
}

class DiskTrial {
  root = '';
  remote = new Remote();
  metrics = new Metrics();
  warnings: string[] = [];
  tier!: DiskTier;

  async begin(): Promise<void> {
    this.root = await mkdtemp(join(tmpdir(), 'stoa-disk-tier-'));
    this.remote = new Remote();
    this.metrics = new Metrics();
    this.warnings = [];
    this.tier = await this.openTier();
    await this.put(ZIP, zip);
  }

  async end(): Promise<void> {
    this.remote.release();
    await this.tier.close();
    await rm(this.root, { recursive: true });
  }

  async openTier(options: TierOptions = {}): Promise<DiskTier> {
    const opened = new DiskTier(this.remote, {
      folder: options.folder ?? join(this.root, 'cache'),
      maxBytes: options.maxBytes ?? 64 * SIZE,
      origin: options.origin ?? 'one',
      keepsFrom: 1024 * 1024 + 1,
      metrics: this.metrics,
      log: { warn: (_: unknown, message?: string) => this.warnings.push(message ?? '') },
    });
    await opened.open();
    return opened;
  }

  /** A new process with the same folder. */
  async restart(options: TierOptions = {}): Promise<void> {
    await this.tier.close();
    this.remote.calls.length = 0;
    this.tier = await this.openTier(options);
  }

  async put(key: string, bytes: Buffer): Promise<void> {
    await this.remote.put(key, bytes, { size: bytes.length, mode: 'replace' });
  }

  async load(key = ZIP, from = this.tier): Promise<{ bytes: Buffer; tier: string } | null> {
    const found = await from.get(key);
    return found && { bytes: await readBody(found.body), tier: found.tier };
  }

  async read(key = ZIP, from = this.tier): Promise<string | null> {
    const found = await this.load(key, from);
    return found && said(found.bytes, found.tier);
  }

  /** Reads, and waits for whatever the fill still does after its last reader has gone. */
  async fill(key = ZIP): Promise<void> {
    await this.read(key);
    await this.settled();
  }

  async settled(): Promise<void> {
    await expect.poll(() => this.unfinished(), { interval: 5 }).toEqual([]);
  }

  /** Paths of what is kept. */
  files(): string[] {
    const folder = join(this.root, 'cache');
    return readdirSync(folder)
      .filter((name) => name !== '.tmp')
      .map((name) => join(folder, name));
  }

  unfinished(): string[] {
    return readdirSync(join(this.root, 'cache', '.tmp'));
  }

  /** How the storage was read so far. */
  reads(): string[] {
    return this.remote.calls.filter((call) => call !== 'stat');
  }
}
