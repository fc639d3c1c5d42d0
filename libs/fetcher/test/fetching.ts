import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { GoConfig } from '#libs/config';
import {
  createFetcher,
  type DownloadContext,
  type Fetcher,
  type PlannedFetcher,
  type UpstreamLimits,
} from '#libs/fetcher';
import { Metrics } from '#libs/observability';
import { RefusalError, type Refusal } from '#libs/protocol';
import { FakeUpstream, startUpstream, type UpstreamOptions } from '../../../test/support/upstream.js';
import { EgressGuard, type Resolve } from '../src/guard/egress-guard.js';
import { noSuchHost } from './guard/names.js';
import { UPSTREAM_LIMITS } from '../src/upstream/limits.js';

const endings: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

/** Does something when the test is over. */
export function atEnd(end: () => Promise<unknown>): void {
  endings.push(end);
}

/** An upstream that ends with the test. */
export async function upstream(options?: UpstreamOptions): Promise<FakeUpstream> {
  const started = await startUpstream(options);
  atEnd(() => started.close());
  return started;
}

/** A folder that ends with the test. */
export async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'stoa-fetcher-'));
  atEnd(() => rm(made, { recursive: true }));
  return made;
}

/** What a job gives: a scratch folder and a signal. */
export async function context(signal: AbortSignal = new AbortController().signal): Promise<DownloadContext> {
  return { signal, scratch: await folder() };
}

export interface Setting {
  readonly GOPROXY: string;
  readonly GONOPROXY?: string;
  readonly GOPRIVATE?: string;
  readonly GOAUTH?: string;
  readonly extra?: Readonly<Record<string, string>>;
  readonly direct?: Fetcher | null;
  readonly limits?: Partial<UpstreamLimits>;
  readonly metrics?: Metrics;
  /** Hosts that may have inner addresses: by default where all fakes are. */
  readonly allow?: readonly string[];
  readonly resolve?: Resolve;
  readonly netrcFile?: string;
}

/** The fetcher of a setting; its connections end with the test. */
export function fetcher({
  direct = null,
  limits,
  extra = {},
  metrics = new Metrics(),
  allow = ['127.0.0.1'],
  resolve = noSuchHost,
  netrcFile,
  ...names
}: Setting): PlannedFetcher {
  const go: GoConfig = {
    binary: 'go',
    GONOPROXY: '',
    GOPRIVATE: '',
    GOSUMDB: 'off',
    GONOSUMDB: '',
    GOINSECURE: '',
    GOVCS: '',
    GOAUTH: '',
    ...names,
    extra,
    inherited: {},
  };
  const made = createFetcher(go, direct, metrics, {
    guard: new EgressGuard({ allow, metrics, resolve }),
    // Long enough to be a pause, short enough for a test.
    limits: { ...UPSTREAM_LIMITS, backoff: 1, ...limits },
    netrcFile,
  });
  atEnd(() => made.close());
  return made;
}

/** Waits for a refusal and gives it; anything else fails the test. */
export async function refusal(work: Promise<unknown>): Promise<Refusal> {
  try {
    await work;
  } catch (error) {
    if (error instanceof RefusalError) return error.toRefusal();
    throw error;
  }
  throw new Error('not refused');
}

/** A source of version control that knows one answer, or refuses, and says what it was asked. */
export function directSource(answer: Refusal | 'all'): { readonly fetcher: Fetcher; readonly asked: string[] } {
  const asked: string[] = [];
  const reply = async <T>(subject: string, value: T): Promise<T> => {
    asked.push(subject);
    if (answer !== 'all') throw new RefusalError(answer.kind, answer.message);
    return value;
  };
  const text = { bytes: Buffer.from('direct'), source: 'direct' };
  return {
    asked,
    fetcher: {
      list: (module) => reply(`list ${module}`, ['v9.9.9']),
      latest: (module) => reply(`latest ${module}`, text),
      resolve: (module, query) => reply(`resolve ${module}@${query}`, text),
      info: ({ module, version }) => reply(`info ${module}@${version}`, text),
      mod: ({ module, version }) => reply(`mod ${module}@${version}`, text),
      zip: ({ module, version }) => reply(`zip ${module}@${version}`, { zip: { path: '', size: 0, source: 'direct' } }),
    },
  };
}
