import { once } from 'node:events';
import { describe, expect, it } from 'vitest';

import { SingleFlight } from '../src/single-flight.js';

const { signal } = new AbortController();
const give = (value: string) => async (): Promise<string> => value;
const fail = (): Promise<string> => Promise.reject(new Error('failed'));

describe('SingleFlight', () => {
  it('gives all who ask at once the result of one run, and runs again afterwards', async () => {
    const flights = new SingleFlight<number>();
    let runs = 0;
    const start = async (): Promise<number> => ++runs;
    expect(await Promise.all([flights.join('a', signal, start), flights.join('a', signal, start)])).toEqual([1, 1]);
    expect(await flights.join('a', signal, start)).toBe(2);
  });

  it('keeps different things apart', async () => {
    const flights = new SingleFlight<string>();
    expect(await Promise.all([flights.join('a', signal, give('a')), flights.join('b', signal, give('b'))])).toEqual([
      'a',
      'b',
    ]);
  });

  it('gives a failure to all, and does not keep it', async () => {
    const flights = new SingleFlight<string>();
    const joined = [flights.join('a', signal, fail), flights.join('a', signal, fail)];
    expect((await Promise.allSettled(joined)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await flights.join('a', signal, () => Promise.resolve('again'))).toBe('again');
  });

  it('goes on for those who stay, and is aborted when the last one leaves, who sees it end', async () => {
    const flights = new SingleFlight<string>();
    const [one, other] = [new AbortController(), new AbortController()];
    const run = Promise.withResolvers<AbortSignal>();
    const ended = Promise.withResolvers<string>();
    const start = (shared: AbortSignal): Promise<string> => {
      run.resolve(shared);
      return ended.promise;
    };
    const first = flights.join('a', one.signal, start);
    let left = false;
    const second = flights.join('a', other.signal, start).finally(() => (left = true));
    const shared = await run.promise;

    one.abort(new Error('first left'));
    await expect(first).rejects.toThrow('first left');
    expect(shared.aborted).toBe(false);

    const aborted = once(shared, 'abort');
    other.abort(new Error('second left'));
    await aborted;
    expect(await flights.join('a', signal, () => Promise.resolve('a new run'))).toBe('a new run');
    expect(left).toBe(false);
    ended.reject(new Error('ended'));
    await expect(second).rejects.toThrow('second left');
  });
});
