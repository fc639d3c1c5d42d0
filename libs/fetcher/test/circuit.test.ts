import { describe, expect, test } from 'vitest';
import { Metrics } from '#libs/observability';
import { status, times } from '../../../test/support/upstream.js';
import { Circuit, CIRCUIT_STATES } from '../src/upstream/circuit.js';
import { lateFault, SourceFault } from '../src/upstream/fault.js';
import { context, fetcher, refusal, upstream } from './fetching.js';

const LIMITS = { failures: 3, openFor: 5000 };
const VERSION = { module: 'example.com/m', version: 'v1.0.0' };
const LEFT_ALONE = 'the upstream failed several times in a row and is left alone for a moment';
const FOREVER = new AbortController().signal;

const outage = async (): Promise<never> => {
  throw lateFault();
};
const missing = async (): Promise<never> => {
  throw new SourceFault('not-found', 'not found');
};
const broken = async (): Promise<never> => {
  throw new Error('disk');
};
const fine = async (): Promise<string> => 'fine';

function start() {
  const clock = { now: 0 };
  const states: string[] = [];
  const report = (state: number): void => {
    states.push(Object.entries(CIRCUIT_STATES).find(([, value]) => value === state)?.[0] ?? 'unknown');
  };
  const circuit = new Circuit(LIMITS, report, () => clock.now);
  const outcome = async (request: () => Promise<string>, signal = FOREVER): Promise<string> =>
    circuit.run(signal, request).catch((error: unknown) => (error as Error).message);
  const opened = async (): Promise<void> => {
    for (let i = 0; i < LIMITS.failures; i++) await outcome(outage);
  };
  return { circuit, clock, states, outcome, opened };
}

describe('a circuit', () => {
  test('opens after some failures in a row, and asks nothing then', async () => {
    const { states, outcome, opened } = start();
    await opened();
    let asked = false;
    const request = async (): Promise<string> => {
      asked = true;
      return 'asked';
    };
    expect(await outcome(request)).toBe(LEFT_ALONE);
    expect(asked).toBe(false);
    expect(states).toEqual(['closed', 'open']);
  });

  test.each([
    ['a success', fine],
    ['a 404', missing],
  ])('stays closed when %s comes between', async (_name, alive) => {
    const { states, outcome } = start();
    for (const request of [outage, outage, alive, outage, outage, alive]) await outcome(request);
    expect(await outcome(fine)).toBe('fine');
    expect(states).toEqual(['closed']);
  });

  test('lets one probe through after a while, whose success closes it', async () => {
    const { clock, states, outcome, opened } = start();
    await opened();
    clock.now = 4999;
    expect(await outcome(fine)).toBe(LEFT_ALONE);
    clock.now = 5000;
    const probe = Promise.withResolvers<string>();
    const probing = outcome(() => probe.promise);
    expect(await outcome(fine)).toBe(LEFT_ALONE);
    probe.resolve('probed');
    expect(await probing).toBe('probed');
    expect(await outcome(fine)).toBe('fine');
    expect(states).toEqual(['closed', 'open', 'halfOpen', 'closed']);
  });

  test('opens again when the probe fails', async () => {
    const { clock, states, outcome, opened } = start();
    await opened();
    clock.now = 6000;
    await outcome(outage);
    clock.now = 10_999;
    expect(await outcome(fine)).toBe(LEFT_ALONE);
    clock.now = 11_000;
    expect(await outcome(fine)).toBe('fine');
    expect(states).toEqual(['closed', 'open', 'halfOpen', 'open', 'halfOpen', 'closed']);
  });

  test('closes as soon as the probe is answered', async () => {
    const { circuit, clock, outcome, opened } = start();
    await opened();
    clock.now = 5000;
    const download = Promise.withResolvers<string>();
    const probing = outcome(() => {
      circuit.answered();
      return download.promise;
    });
    expect(await outcome(fine)).toBe('fine');
    download.resolve('');
    await probing;
  });

  test('sends another probe when one was aborted', async () => {
    const { clock, outcome, opened } = start();
    await opened();
    clock.now = 5000;
    await outcome(outage, AbortSignal.abort());
    expect(await outcome(fine)).toBe('fine');
  });

  test('is not kept open by those who failed late', async () => {
    const { clock, outcome, opened } = start();
    const late = Promise.withResolvers<string>();
    const asking = outcome(() => late.promise);
    await opened();
    clock.now = 4000;
    late.reject(lateFault());
    await asking;
    clock.now = 5000;
    expect(await outcome(fine)).toBe('fine');
  });

  test('counts neither aborted requests nor what failed here', async () => {
    const { states, outcome } = start();
    for (let i = 0; i < 5; i++) await outcome(outage, AbortSignal.abort());
    for (let i = 0; i < 5; i++) await outcome(broken);
    expect(states).toEqual(['closed']);
  });
});

describe('an upstream that fails again and again', () => {
  test('is passed at once where the list goes on, and its state is a metric without its name', async () => {
    const metrics = new Metrics();
    const [first, second] = [await upstream(), await upstream()];
    first.respond('/', status(500));
    second.add(VERSION.module, VERSION.version);
    const fetch = fetcher({ GOPROXY: `${first.url}|${second.url}`, limits: { failures: 3 }, metrics });
    const job = await context();
    for (let i = 0; i < 5; i++) await fetch.mod(VERSION, job);
    expect([first.requests.length, second.requests.length]).toEqual([3, 5]);
    const { values } = await metrics.upstreamCircuit.get();
    expect(values.map(({ labels, value }) => [labels.source, value])).toEqual([
      ['proxy-1', CIRCUIT_STATES.open],
      ['proxy-2', CIRCUIT_STATES.closed],
    ]);
  });

  test('is refused in a clear line where it is the last', async () => {
    const source = (await upstream()).respond('/', status(500));
    const fetch = fetcher({ GOPROXY: source.url, limits: { failures: 1 } });
    const job = await context();
    await refusal(fetch.mod(VERSION, job));
    expect(await refusal(fetch.zip(VERSION, job))).toEqual({
      kind: 'upstream',
      message: `example.com/m@v1.0.0: ${LEFT_ALONE}`,
    });
    expect(source.requests).toHaveLength(1);
  });

  test('is asked again after the pause', async () => {
    const source = (await upstream()).add(VERSION.module, VERSION.version).respond('/', times(1, status(500)));
    const fetch = fetcher({ GOPROXY: source.url, limits: { failures: 1, openFor: 0 } });
    const job = await context();
    await refusal(fetch.mod(VERSION, job));
    await fetch.mod(VERSION, job);
  });
});
