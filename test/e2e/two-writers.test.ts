import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Receipt } from '#libs/ingest';
import { readBody, receiptKey, type ObjectStore } from '#libs/storage';
import { makePlace, type Place } from '../durability/place.js';
import { ask } from '../support/ask.js';
import { moduleZip } from '../support/module-zip.js';
import { startStack, type Stack } from '../support/stack.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';

const KINDS = ['info', 'mod', 'zip'] as const;
type Kind = (typeof KINDS)[number];
const SIDES = [0, 1] as const;

/** A version of which two upstreams have different files; equal ones where `sameMod` says so. */
function twoOf(module: string, sameMod: boolean): Record<Kind, Buffer>[] {
  return SIDES.map((side) => {
    const mod = `module ${module}\n${sameMod ? '' : `\ngo 1.2${side}\n`}`;
    const files = { 'go.mod': mod, 'data.bin': randomBytes(1_500_000 + side) };
    return {
      info: Buffer.from(JSON.stringify({ Version: 'v1.0.0', Time: `2024-01-0${side + 1}T00:00:00Z` })),
      mod: Buffer.from(mod),
      zip: moduleZip({ module, version: 'v1.0.0' }, files),
    };
  });
}

describe.each(['fs', 's3'] as const)('two workers that store one version of different bytes on %s', (storage) => {
  let folder: string;
  let place: Place;
  let objects: ObjectStore;
  let upstreams: FakeUpstream[];
  let stack: Stack;
  /** One a side: its jobs are its own, its storage is the other's too. */
  let gateways: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stoa-two-'));
    place = await makePlace(storage, folder);
    upstreams = await Promise.all(SIDES.map(() => startUpstream()));
    stack = await startStack({ gateways: 0, workers: 0, env: { ...place.env, STOA_MEMORY_CACHE: '0' } });
    gateways = await Promise.all(
      SIDES.map(async (side) => {
        const env = { STOA_QUEUE_PREFIX: `side${side}`, GOPROXY: upstreams[side]?.url ?? '' };
        const [gateway] = await Promise.all([stack.addGateway(env), stack.addWorker(env)]);
        return gateway.url;
      }),
    );
    objects = await place.open();
  });
  afterAll(async () => {
    await objects?.close();
    await stack?.close();
    await Promise.all(upstreams.map((upstream) => upstream.close()));
    await place?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each([
    ['in all files', false],
    ['in their zips', true],
  ])('%s: one wins, and no reader sees anything of the other', async (_what, sameMod) => {
    const module = `example.com/${sameMod ? 'zips' : 'all'}`;
    const truths = twoOf(module, sameMod);
    for (const [side, { info, mod, zip }] of truths.entries()) {
      upstreams[side]?.add(module, 'v1.0.0', { info: info.toString(), mod: mod.toString(), zip });
    }
    meet(upstreams, `/${module}/@v/v1.0.0.zip`);
    const seen = new Map(KINDS.map((kind) => [kind, new Set<string>()]));
    const path = (kind: Kind): string => `/${module}/@v/v1.0.0.${kind}`;
    const look = async (url: string, kind: Kind): Promise<void> => {
      const { status, bytes } = await ask(`${url}${path(kind)}`);
      if (status === 200) seen.get(kind)?.add(truths.map((truth) => (truth[kind].equals(bytes) ? 'y' : 'n')).join(''));
    };
    const done = new AbortController();
    const readers = gateways.flatMap((url) =>
      KINDS.map(async (kind) => {
        while (!done.signal.aborted) await look(`${url}/cached-only`, kind);
      }),
    );
    await Promise.all(gateways.flatMap((url) => KINDS.map((kind) => look(url, kind)))).finally(() => done.abort());
    await Promise.all(readers);

    await Promise.all(gateways.flatMap((url) => KINDS.map((kind) => look(url, kind))));
    const [zips = ''] = seen.get('zip') ?? [];
    expect(['yn', 'ny']).toContain(zips);
    expect([...seen.values()].map((views) => [...views])).toEqual(
      sameMod ? [[expect.stringMatching(/^(yn|ny)$/)], ['yy'], [zips]] : [[zips], [zips], [zips]],
    );
    const key = receiptKey({ module, version: 'v1.0.0' });
    const receipt = async (): Promise<Receipt> => {
      const found = await objects.get(key);
      return JSON.parse((await readBody(found!.body)).toString()) as Receipt;
    };
    await expect.poll(receipt).toMatchObject({ zipBytes: truths[zips.indexOf('y')]?.zip.length });
  });
});

/** Lets each side's first answer to a path wait for the other's, so that both store at the same time. */
function meet(upstreams: readonly FakeUpstream[], path: string): void {
  const arrived = upstreams.map(() => Promise.withResolvers<void>());
  for (const [side, upstream] of upstreams.entries()) {
    upstream.respond(path, async (_request, _response, serve) => {
      arrived[side]?.resolve();
      await Promise.all(arrived.map(({ promise }) => promise));
      serve();
    });
  }
}
