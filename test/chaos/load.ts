import { Agent, request } from 'undici';
import { sha256 } from '../support/ask.js';
import type { FakeUpstream } from '../support/upstream.js';

/** A file that is asked for, and the hash of what must come back. */
export interface Target {
  readonly path: string;
  readonly sha: string;
}

/** What became of one request. */
export interface Shot {
  readonly kind: 'hit' | 'miss';
  readonly path: string;
  /** When it was due, left and ended, on performance.now()'s clock: that it left late counts as latency. */
  readonly due: number;
  readonly left: number;
  readonly ended: number;
  /** `ok`: 200 and the right bytes; `wrong body`; a status; `status without Retry-After`; else the code of a transport error. */
  readonly outcome: string;
}

export interface LoadOptions {
  /** The gateways' addresses, asked in turn. */
  readonly gateways: readonly string[];
  readonly upstream: FakeUpstream;
  readonly hitsPerSecond: number;
  readonly missesPerSecond: number;
}

/** A client gives up after this long, in milliseconds: by then all promises are broken. */
const HUNG = 120_000;
const TICK = 2;

let nextModule = 0;

/** Adds a version that nobody has asked for yet to the upstream: its zip is a miss. */
export function addModule(upstream: FakeUpstream, prefix = 'example.com/miss'): Target {
  const module = `${prefix}-${nextModule++}`;
  upstream.add(module, 'v1.0.0', { files: { 'main.go': `package main // ${module}\n` } });
  const path = `/${module}/@v/v1.0.0.zip`;
  return { path, sha: sha256(upstream.file(path)) };
}

/**
 * A steady load of hits and misses, open-loop: requests leave when they are due, whatever became of those before, so
 * that a stall is seen by all who would have come meanwhile. Every body is checked by its hash.
 */
export class Load {
  readonly shots: Shot[] = [];
  private readonly agent = new Agent({ headersTimeout: HUNG, bodyTimeout: HUNG, connect: { timeout: 10_000 } });
  private readonly open = new Set<Promise<string>>();
  private readonly hits: Target[] = [];
  private timer: NodeJS.Timeout | undefined;
  private asked = 0;

  constructor(private readonly options: LoadOptions) {}

  /** Has some modules fetched, which are the hits from then on, and begins. */
  async start(): Promise<void> {
    const { upstream, gateways, hitsPerSecond, missesPerSecond } = this.options;
    for (let i = 0; i < 10; i++) this.hits.push(addModule(upstream, 'example.com/hit'));
    for (const gateway of gateways) {
      const outcomes = await Promise.all(this.hits.map((target) => this.ask(gateway, target)));
      const failed = outcomes.find((outcome) => outcome !== 'ok');
      if (failed) throw new Error(`the hits could not be fetched before the load: ${failed}`);
    }
    const started = performance.now();
    const sent = { hit: 0, miss: 0 };
    const rates = { hit: hitsPerSecond, miss: missesPerSecond };
    this.timer = setInterval(() => {
      const seconds = (performance.now() - started) / 1000;
      for (const kind of ['hit', 'miss'] as const) {
        for (; sent[kind] < seconds * rates[kind]; sent[kind]++) {
          const target = kind === 'hit' ? this.hits[sent.hit % this.hits.length]! : addModule(upstream);
          void this.send(kind, target, started + (sent[kind] / rates[kind]) * 1000);
        }
      }
    }, TICK);
  }

  /** Sends one request now, beside the steady ones, and resolves with what became of it. */
  send(kind: Shot['kind'], target: Target, due = performance.now()): Promise<string> {
    const gateway = this.options.gateways[this.asked++ % this.options.gateways.length]!;
    const left = performance.now();
    const answer = this.ask(gateway, target).then((outcome) => {
      this.shots.push({ kind, path: target.path, due, left, ended: performance.now(), outcome });
      this.open.delete(answer);
      return outcome;
    });
    this.open.add(answer);
    return answer;
  }

  /** Sends no more, and resolves when all have their answer. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all(this.open);
    await this.agent.close();
  }

  private async ask(gateway: string, { path, sha }: Target): Promise<string> {
    try {
      const { statusCode, headers, body } = await request(`${gateway}${path}`, { dispatcher: this.agent });
      const bytes = Buffer.from(await body.arrayBuffer());
      if (statusCode === 200) return sha256(bytes) === sha ? 'ok' : 'wrong body';
      if (statusCode === 503 && headers['retry-after'] === undefined) return '503 without Retry-After';
      return String(statusCode);
    } catch (error) {
      return String((error as { code?: string }).code ?? error);
    }
  }
}
