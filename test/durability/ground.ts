import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import type { ObjectStore } from '#libs/storage';
import { metric } from '../support/ask.js';
import { startProcess, type StoaProcess } from '../support/processes.js';
import { startRedis } from '../support/redis.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';
import type { Plan } from './dying-worker.js';
import { makePlace, type Place } from './place.js';
import { ORDER, StoredVersion } from './stored-version.js';

const DYING = new URL('dying-worker.ts', import.meta.url).href;

/** A gateway with a queue of its own: its jobs are those of one doomed worker, and then of the one that heals. */
interface Lane {
  readonly gateway: StoaProcess;
  readonly env: Record<string, string>;
}

/** A place where workers die: one Redis, one upstream and one storage for all of them. */
export class Ground {
  /** By what steps a worker stores a version, in order. */
  steps: string[] = [];
  private readonly lanes: Lane[] = [];
  private readonly running: StoaProcess[] = [];
  private lanesMade = 0;

  private constructor(
    private readonly parts: {
      readonly folder: string;
      readonly redisUrl: string;
      readonly upstream: FakeUpstream;
      readonly place: Place;
      readonly objects: ObjectStore;
      readonly close: () => Promise<void>;
    },
  ) {}

  /** Makes a ground and lets a healthy worker store a version on it, to learn the steps. */
  static async open(kind: 'fs' | 's3'): Promise<Ground> {
    const folder = await mkdtemp(join(tmpdir(), 'stoa-ground-'));
    const [redis, upstream, place] = await Promise.all([startRedis(), startUpstream(), makePlace(kind, folder)]);
    const objects = await place.open();
    const close = async (): Promise<void> => {
      await objects.close();
      await Promise.all([redis.close(), upstream.close(), place.close()]);
      await rm(folder, { recursive: true, force: true });
    };
    const ground = new Ground({ folder, redisUrl: redis.url, upstream, place, objects, close });
    try {
      await ground.learn();
    } catch (error) {
      await ground.close();
      throw error;
    }
    return ground;
  }

  async close(): Promise<void> {
    await Promise.all(this.running.map((one) => one.kill()));
    await this.parts.close();
  }

  /**
   * Kills a worker right before a step of a store, while a client waits. Fails unless what is there is whole, true and
   * in order, a reader without a worker sees just that, and another worker brings the client all that it asked for.
   */
  async crash(step: number): Promise<void> {
    const lane = this.lanes.pop() ?? (await this.openLane());
    const version = new StoredVersion(`step${step}.example.com`, this.parts.upstream);
    const doomed = await this.start('worker', { ...lane.env, ...this.plan(`${step}`, step) });
    const waiting = version.visit(lane.gateway.url);
    // It is looked at below, and may fail before.
    waiting.catch(() => {});
    expect(await doomed.ended).toBe('SIGKILL');
    expect(await this.stepsOf(`${step}`, version)).toEqual(this.steps.slice(0, step + 1));

    const left = await version.look(this.parts.objects);
    expect(left).toEqual(ORDER.slice(0, left.length));
    await version.visitStored(lane.gateway.url, left);

    const healthy = await this.start('worker', lane.env);
    // Where no worker came in time, the client was told to ask again.
    if ((await waiting) === 503) expect(await version.visit(lane.gateway.url)).toBe(200);
    await becomes(() => version.look(this.parts.objects), [...ORDER]);
    await becomes(() => metric(lane.gateway.ops, 'stoa_queue_jobs', { state: 'active' }), 0);
    await healthy.kill();
    this.lanes.push(lane);
  }

  private async learn(): Promise<void> {
    const lane = await this.openLane();
    const version = new StoredVersion('healthy.example.com', this.parts.upstream);
    const worker = await this.start('worker', { ...lane.env, ...this.plan('all', null) });
    expect(await version.visit(lane.gateway.url)).toBe(200);
    expect(await version.look(this.parts.objects)).toEqual([...ORDER]);
    await worker.kill();
    this.steps = await this.stepsOf('all', version);
    this.lanes.push(lane);
  }

  private async openLane(): Promise<Lane> {
    const env = {
      ...this.parts.place.env,
      STOA_REDIS_URL: this.parts.redisUrl,
      STOA_QUEUE_PREFIX: `lane${this.lanesMade++}`,
      STOA_DATA_DIR: join(this.parts.folder, 'data'),
      GOPROXY: this.parts.upstream.url,
      GOSUMDB: 'off',
      STOA_GO_BINARY: 'no-go',
    };
    return { env, gateway: await this.start('api', env) };
  }

  private async start(command: 'api' | 'worker', env: Record<string, string>): Promise<StoaProcess> {
    const started = await startProcess(command, env);
    this.running.push(started);
    return started;
  }

  private plan(name: string, last: number | null): Record<string, string> {
    const { storage } = this.parts.place;
    const root = storage.kind === 'fs' ? storage.root : null;
    const plan: Plan = { steps: this.notes(name), last, root };
    return { NODE_OPTIONS: `--import=${DYING}`, DYING_WORKER: JSON.stringify(plan) };
  }

  private async stepsOf(name: string, { module }: StoredVersion): Promise<string[]> {
    const text = (await readFile(this.notes(name), 'utf8')).replaceAll(module, 'm');
    return text
      .replaceAll(/\d{4}-[\d-]+T[\d:.]+Z/g, 'time')
      .trimEnd()
      .split('\n');
  }

  private notes(name: string): string {
    return join(this.parts.folder, `${name}.steps`);
  }
}

/** `expect.poll` is not for tests that run at once. */
async function becomes<T>(look: () => Promise<T>, wanted: T): Promise<void> {
  await vi.waitFor(async () => expect(await look()).toEqual(wanted), { timeout: 60_000, interval: 200 });
}
