import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { indexKey, moduleKey, parseIndexKey, readBody, receiptKey, type ObjectStore } from '#libs/storage';
import { ask } from '../support/ask.js';
import { moduleZip } from '../support/module-zip.js';
import type { FakeUpstream } from '../support/upstream.js';

/** All that is stored of a version, in the order in which it must come. */
export const ORDER = ['mod', 'info', 'zip', 'receipt', 'index', 'list'] as const;
export type Part = (typeof ORDER)[number];
/** Each with what must be there when it is. */
const PROMISES: readonly (readonly [Part, ...Part[]])[] = [
  ['info', 'mod'],
  ['receipt', 'mod', 'info', 'zip'],
  ['index', 'receipt'],
];
/** What clients can ask for, in the order in which they do. */
const FILES = ['info', 'mod', 'zip', 'list'] as const;

const VERSION = 'v1.0.0';

/** A version that the upstream has, and what must be stored of it. */
export class StoredVersion {
  private readonly version: { readonly module: string; readonly version: string };
  private readonly truth: Readonly<Record<(typeof FILES)[number], Buffer>>;

  constructor(
    readonly module: string,
    upstream: FakeUpstream,
  ) {
    this.version = { module, version: VERSION };
    const [mod, info] = [`module ${module}\n`, JSON.stringify({ Version: VERSION, Time: '2024-01-02T03:04:05Z' })];
    // More than the streams before a socket hold, so that some of it has been sent when half of it is read.
    const zip = moduleZip(this.version, { 'go.mod': mod, 'data.bin': randomBytes(900_000) });
    this.truth = { mod: Buffer.from(mod), info: Buffer.from(info), zip, list: Buffer.from(`${VERSION}\n`) };
    upstream.add(module, VERSION, { mod, info, zip });
  }

  /** Asks for all files in turn. 200: each came as it is. 503: one was refused for now. Fails otherwise. */
  async visit(gateway: string): Promise<200 | 503> {
    for (const part of FILES) {
      const { status, bytes } = await ask(`${gateway}/${this.key(part)}`);
      if (status === 503) return 503;
      expect([part, status, bytes.equals(this.truth[part])]).toEqual([part, 200, true]);
    }
    return 200;
  }

  /** Asks for all files as who has no worker. Fails unless those that are stored come, and no others. */
  async visitStored(gateway: string, stored: readonly Part[]): Promise<void> {
    for (const part of FILES) {
      const { status, bytes } = await ask(`${gateway}/cached-only/${this.key(part)}`);
      // A list is made of what is stored where there is none.
      if (part === 'list' && !stored.includes(part)) continue;
      const wanted = stored.includes(part) ? 200 : 404;
      expect([part, status, wanted === 404 || bytes.equals(this.truth[part])]).toEqual([part, wanted, true]);
    }
  }

  /**
   * Gives the parts that are stored, in order. Fails when one is not whole and true, is there too
   * soon, or stands where nothing should.
   */
  async look(objects: ObjectStore): Promise<Part[]> {
    const found = new Map<Part, Buffer>();
    const keys = new Map<string, Part>(FILES.map((part) => [this.key(part), part])).set(
      receiptKey(this.version),
      'receipt',
    );
    let time: string | undefined;
    for await (const { key } of objects.list('')) {
      if (!key.includes(this.module)) continue;
      const entry = parseIndexKey(key);
      time ??= entry?.time;
      const part = entry && key === indexKey(time ?? '', this.version) ? 'index' : keys.get(key);
      expect([key, part]).toEqual([key, expect.any(String)]);
      const read = await objects.get(key);
      found.set(part!, await readBody(read!.body));
    }
    for (const [part, bytes] of Object.entries(this.truth)) {
      const kept = found.get(part as Part);
      if (kept) expect([part, kept.equals(bytes)]).toEqual([part, true]);
    }
    const receipt = found.get('receipt');
    if (receipt) {
      expect(JSON.parse(receipt.toString())).toMatchObject({
        ...this.version,
        zipBytes: this.truth.zip.length,
        ...(time === undefined ? {} : { stored: time }),
      });
    }
    for (const [part, ...before] of PROMISES) {
      if (found.has(part)) expect([part, ...before.filter((other) => found.has(other))]).toEqual([part, ...before]);
    }
    return ORDER.filter((part) => found.has(part));
  }

  private key(part: (typeof FILES)[number]): string {
    return moduleKey(part === 'list' ? { kind: part, module: this.module } : { kind: part, ...this.version });
  }
}
