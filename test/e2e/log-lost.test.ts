import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Wrapper } from '../support/processes.js';
import { startStack, type Stack } from '../support/stack.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';

const PATH = '/example.com/m/@v/v1.0.0.info';

let upstream: FakeUpstream;
let stack: Stack;

beforeAll(async () => {
  upstream = await startUpstream();
  upstream.add('example.com/m', 'v1.0.0');
  stack = await startStack({ env: { GOPROXY: upstream.url } });
  expect((await fetch(stack.url + PATH)).status).toBe(200);
});
afterAll(async () => {
  await stack?.close();
  await upstream?.close();
});

/** Runs a process with its log going to where a shell says. */
const logTo = (place: string): Wrapper => ['bash', '-c', `exec "$@" > ${place}`, 'bash'];

describe.each([
  ['whose disk is full', '/dev/full'],
  ['whose reader is gone', '>(:)'],
])('a log %s', (_what, place) => {
  it.each(['json', 'pretty'])('keeps no gateway from its work, nor from its end: %s', async (STOA_LOG_FORMAT) => {
    const gateway = await stack.addGateway({ STOA_LOG_FORMAT, STOA_LOG_LEVEL: 'debug' }, logTo(place));
    // More than a block of lines.
    for (let n = 0; n < 50; n++) expect((await fetch(gateway.url + PATH)).status).toBe(200);
    expect(await gateway.stop()).toBe(0);
    expect(gateway.stray).toEqual([]);
  });
});
