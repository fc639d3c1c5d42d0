import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.js';
import { Crowd } from '../support/crowd.js';
import { spawnProcess, type StoaProcess } from '../support/processes.js';
import { startStack, type Stack } from '../support/stack.js';
import { startUpstream, type FakeUpstream } from '../support/upstream.js';

const MOD = '/example.com/kept/@v/v1.0.0.mod';
const ZIP = '/example.com/kept/@v/v1.0.0.zip';

let upstream: FakeUpstream;
let stack: Stack;
const crowds: Crowd[] = [];

beforeAll(async () => {
  upstream = await startUpstream();
  upstream.add('example.com/kept', 'v1.0.0', { files: { 'large.bin': Buffer.alloc(20_000_000, 1) } });
  stack = await startStack({ gateways: 1, env: { GOPROXY: upstream.url, STOA_SHUTDOWN_GRACE: '20s' } });
  for (const path of [MOD, ZIP]) expect((await ask(`${stack.url}${path}`)).status).toBe(200);
});
afterEach(() => Promise.all(crowds.splice(0).map((crowd) => crowd.leave())));
afterAll(async () => {
  await stack?.close();
  await upstream?.close();
});

/** A module whose fetch hangs until it is released. */
function heldModule(name: string): { path: string; asked: Promise<void>; release: () => void } {
  const path = `/example.com/${name}/@v/v1.0.0.zip`;
  const asked = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  upstream.add(`example.com/${name}`, 'v1.0.0');
  upstream.respond(path, async (_request, _response, serve) => {
    asked.resolve();
    await released.promise;
    serve();
  });
  return { path, asked: asked.promise, release: () => released.resolve() };
}

/** Sends SIGTERM and resolves when the gateway has taken it; `exit` is its end. */
async function beginStop(gateway: StoaProcess): Promise<{ exit: Promise<number | null> }> {
  const exit = gateway.stop();
  await gateway.says('SIGTERM: stopping');
  return { exit };
}

/** Asks on a connection of an agent's; the body is read. */
async function askOn(agent: Agent, url: string): Promise<IncomingMessage> {
  const sent = request(url, { agent }).end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  for await (const _chunk of answer);
  return answer;
}

function crowdOf(gateway: StoaProcess): Crowd {
  const crowd = new Crowd(gateway.url);
  crowds.push(crowd);
  return crowd;
}

describe('a gateway that was told to stop', () => {
  it('is not ready, but serves who still comes, and tells each to go elsewhere', async () => {
    const gateway = await stack.addGateway();
    const held = heldModule('held');
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect((await askOn(agent, `${gateway.url}${MOD}`)).headers.connection).toBe('keep-alive');
    const waiting = ask(`${gateway.url}${held.path}`);
    await held.asked;

    const { exit } = await beginStop(gateway);
    const [ready, opsReady] = await Promise.all([ask(`${gateway.url}/readyz`), ask(`${gateway.ops}/readyz`)]);
    expect([ready.status, opsReady.status, JSON.parse(ready.text)]).toEqual([
      503,
      503,
      expect.objectContaining({ status: 'draining' }),
    ]);
    const [kept, fresh] = [await askOn(agent, `${gateway.url}${MOD}`), await ask(`${gateway.url}${ZIP}`)];
    expect([kept.statusCode, kept.headers.connection]).toEqual([200, 'close']);
    expect([fresh.status, fresh.headers.get('connection'), fresh.bytes.equals(upstream.file(ZIP))]).toEqual([
      200,
      'close',
      true,
    ]);
    held.release();
    const late = await waiting;
    expect([late.status, late.headers.get('connection')]).toEqual([200, 'close']);
    expect(await exit).toBe(0);
    agent.destroy();
  });

  it('finishes a transfer that began before, and serves the next request on its connection', async () => {
    const gateway = await stack.addGateway();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const sent = request(`${gateway.url}${ZIP}`, { agent }).end();
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    expect(answer.headers.connection).toBe('keep-alive');
    const { exit } = await beginStop(gateway);
    await refused(gateway.url); // new connections are refused by now
    const chunks: Buffer[] = [];
    for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk);
    expect(Buffer.concat(chunks).equals(upstream.file(ZIP))).toBe(true);
    const next = await askOn(agent, `${gateway.url}${MOD}`);
    expect([next.statusCode, next.headers.connection]).toEqual([200, 'close']);
    expect(await exit).toBe(0);
    agent.destroy();
  });

  it('is gone long before the grace, whoever keeps connections without asking', async () => {
    const gateway = await stack.addGateway();
    const crowd = crowdOf(gateway);
    await Promise.all([crowd.halfOpen(50), crowd.slowHeaders(20), crowd.idle(50, MOD)]);
    // Were one of them waited for, it would be cut with a warning at the end of the grace.
    expect(await (await beginStop(gateway)).exit).toBe(0);
    expect(gateway.log.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  it('tells who waits at the end of the grace why, cuts who still reads, and exits 0', async () => {
    const gateway = await stack.addGateway({ STOA_SHUTDOWN_GRACE: '1500ms' });
    const held = heldModule('never');
    const crowd = crowdOf(gateway);
    await crowd.slowReaders(3, ZIP, 1_000);
    const waiting = ask(`${gateway.url}${held.path}`);
    await held.asked;
    const { exit } = await beginStop(gateway);
    const answer = await waiting;
    expect([answer.status, answer.headers.get('retry-after'), answer.text]).toEqual([
      503,
      expect.stringMatching(/^\d+$/),
      expect.stringContaining('this gateway is stopping'),
    ]);
    expect(await exit).toBe(0);
    expect(gateway.log).toContainEqual(expect.objectContaining({ level: 'warn', connections: 3 }));
    held.release();
  });

  it('exits 1 at once at a second signal', async () => {
    const gateway = await stack.addGateway();
    const held = heldModule('second');
    const waiting = ask(`${gateway.url}${held.path}`).catch((error: unknown) => error);
    await held.asked;
    const { exit } = await beginStop(gateway);
    gateway.signal('SIGINT');
    expect(await exit).toBe(1);
    expect(await waiting).toBeInstanceOf(Error);
    held.release();
  });

  it('exits 0 while Redis is lost', async () => {
    const own = await startStack({ workers: 0, env: { GOPROXY: upstream.url, STOA_SHUTDOWN_GRACE: '20s' } });
    await own.redis.stop();
    expect(await own.gateways[0]!.stop()).toBe(0);
    expect(own.gateways[0]!.log.filter(({ level }) => level === 'error')).toEqual([]);
    await own.close();
  });
});

describe('a process that is told to stop while it starts', () => {
  it.each([
    ['api', 'SIGTERM'],
    ['api', 'SIGINT'],
    ['worker', 'SIGTERM'],
  ] as const)('%s, %s: exits 0 at once', async (command, signal) => {
    // A storage that takes connections and never says a word: a start that does not end.
    const silent = createServer().listen(0, '127.0.0.1');
    const asked = once(silent, 'connection') as Promise<[Socket]>;
    await once(silent, 'listening');
    const child = spawnProcess(command, {
      GOPROXY: 'off',
      STOA_REDIS_URL: 'redis://127.0.0.1:9',
      STOA_DATA_DIR: join(stack.folder, 'starting'),
      STOA_STORAGE: 's3',
      STOA_S3_ENDPOINT: `http://127.0.0.1:${(silent.address() as AddressInfo).port}`,
      STOA_S3_ACCESS_KEY: 'key',
      STOA_S3_SECRET_KEY: 'secret',
    });
    const exited = once(child, 'exit');
    const [socket] = await asked;
    child.kill(signal);
    expect(await exited).toEqual([0, null]);
    socket.destroy();
    silent.close();
  });
});

/** Resolves when a server takes no new connection. */
async function refused(url: string): Promise<void> {
  await expect
    .poll(() =>
      fetch(url).then(
        () => 'answered',
        () => 'refused',
      ),
    )
    .toBe('refused');
}
