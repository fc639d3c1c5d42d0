import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.js';
import type { Wrapper } from '../support/processes.js';
import { startStack, type Stack } from '../support/stack.js';
import { hang, page, startUpstream, status, truncated, type FakeUpstream } from '../support/upstream.js';

let upstream: FakeUpstream;
const stacks: Stack[] = [];

/** A stack of this test's own: its Redis and its workers will be hurt. */
async function ownStack(
  env: Record<string, string> = {},
  parts: { workers?: number; gateways?: number } = {},
): Promise<Stack> {
  const stack = await startStack({ ...parts, env: { GOPROXY: upstream.url, ...env } });
  stacks.push(stack);
  return stack;
}

beforeAll(async () => {
  upstream = await startUpstream();
  upstream.add('example.com/kept', 'v1.0.0');
});
afterAll(() => upstream.close());
afterEach(async () => {
  await Promise.all(stacks.splice(0).map((stack) => stack.close()));
});

describe('an upstream that misbehaves', () => {
  it('becomes a typed refusal in one line', async () => {
    const stack = await ownStack();
    upstream
      .add('example.com/bad', 'v1.0.0')
      .add('example.com/bad', 'v2.0.0+incompatible')
      .add('example.com/lies', 'v1.0.0', { info: { Version: 'v1.0.1' } });
    const whole = Buffer.alloc(5000, 'x');
    const cases: [string, Parameters<FakeUpstream['respond']>[1] | null, number, RegExp][] = [
      ['/example.com/e500/@v/list', status(500, 'boom'), 502, /^bad upstream: example\.com\/e500: /],
      [
        '/example.com/e403/@v/v1.0.0.info',
        status(403, 'blocked by policy'),
        403,
        /^forbidden: example\.com\/e403@v1\.0\.0: .*blocked by policy/,
      ],
      ['/example.com/html/@v/v1.0.0.info', page(), 502, /^bad upstream: example\.com\/html@v1\.0\.0: /],
      ['/example.com/bad/@v/v1.0.0.zip', truncated(whole, 100), 502, /^bad upstream: example\.com\/bad@v1\.0\.0: /],
      ['/example.com/lies/@v/v1.0.0.info', null, 502, /^bad upstream: example\.com\/lies@v1\.0\.0: /],
      [
        '/example.com/nozip/@v/v1.0.0.zip',
        status(200, 'no zip at all', 'application/zip'),
        502,
        /^bad upstream: example\.com\/nozip@v1\.0\.0: /,
      ],
    ];
    for (const [path, script] of cases) if (script) upstream.respond(path.replace(/(\.mod|\.info)$/, ''), script);
    const answers = await Promise.all(cases.map(([path]) => ask(`${stack.url}${path}`)));
    answers.forEach((answer, index) => {
      const [path, , code, text] = cases[index]!;
      expect([path, answer.status, answer.text]).toEqual([path, code, expect.stringMatching(text)]);
      expect(answer.text).not.toContain('127.0.0.1');
    });
  });

  it('that does not answer is 504 when the time of a fetch is over', async () => {
    const stack = await ownStack({ STOA_FETCH_TIMEOUT: '1s' });
    upstream.respond('/example.com/slow/', hang());
    const miss = await ask(`${stack.url}/example.com/slow/@v/v1.0.0.mod`);
    expect([miss.status, miss.text]).toEqual([
      504,
      expect.stringMatching(/^timed out: example\.com\/slow@v1\.0\.0: [^\n]+\n$/),
    ]);
    expect(miss.text).not.toContain('127.0.0.1');
  });

  it('that is down is 502 for a miss, and hits go on', async () => {
    const stack = await ownStack({ GOPROXY: 'http://127.0.0.1:9' }); // the discard port: nothing listens
    const miss = await ask(`${stack.url}/example.com/kept/@v/v1.0.0.info`);
    expect([miss.status, miss.text]).toEqual([
      502,
      expect.stringMatching(/^bad upstream: example\.com\/kept@v1\.0\.0: [^\n]+\n$/),
    ]);
  });

  it('that sends an invalid zip: 404 that says why, and nothing is stored', async () => {
    const stack = await ownStack();
    upstream.add('example.com/evil', 'v1.0.0', { files: { '../../escape.go': 'package evil\n' } });
    const answer = await ask(`${stack.url}/example.com/evil/@v/v1.0.0.zip`);
    expect([answer.status, answer.text]).toEqual([
      404,
      expect.stringMatching(/^not found: example\.com\/evil@v1\.0\.0: invalid zip: /),
    ]);
  });

  it('whose tag moved: the first content stays', async () => {
    const stack = await ownStack();
    upstream.add('example.com/moved', 'v1.0.0', { mod: 'module example.com/moved\n' });
    expect((await ask(`${stack.url}/example.com/moved/@v/v1.0.0.mod`)).text).toBe('module example.com/moved\n');
    upstream.add('example.com/moved', 'v1.0.0', { mod: 'module example.com/moved\n\ngo 1.30\n' });
    const zip = await ask(`${stack.url}/example.com/moved/@v/v1.0.0.zip`);
    expect([zip.status, zip.text]).toEqual([403, expect.stringContaining('its tag was moved')]);
    expect((await ask(`${stack.url}/example.com/moved/@v/v1.0.0.mod`)).text).toBe('module example.com/moved\n');
  });
});

describe('a lost Redis', () => {
  it('hurts no hit; misses are 503 after the patience; all is well when it is back', async () => {
    const stack = await ownStack();
    const hit = `${stack.url}/example.com/kept/@v/v1.0.0.mod`;
    expect((await ask(hit)).status).toBe(200);
    await stack.redis.stop();
    expect((await ask(hit)).status).toBe(200);
    const miss = await ask(`${stack.url}/example.com/kept/@v/list`);
    expect([miss.status, miss.headers.get('retry-after'), miss.text]).toEqual([
      503,
      expect.stringMatching(/^\d+$/),
      'unavailable: example.com/kept: the job queue does not answer\n',
    ]);
    const ready = await ask(`${stack.url}/readyz`);
    expect([ready.status, JSON.parse(ready.text)]).toEqual([
      200,
      {
        status: 'degraded',
        checks: { storage: 'ok', redis: 'Redis does not answer', workers: 'not known, for Redis does not answer' },
      },
    ]);
    await stack.redis.start();
    await expect.poll(async () => (await ask(`${stack.url}/example.com/kept/@v/list`)).status).toBe(200);
  });

  it('from the start: the gateway serves hits and says 503 for misses', async () => {
    const stack = await ownStack();
    expect((await ask(`${stack.url}/example.com/kept/@v/v1.0.0.mod`)).status).toBe(200);
    await stack.redis.stop();
    const gateway = await stack.addGateway();
    expect((await ask(`${gateway.url}/example.com/kept/@v/v1.0.0.mod`)).status).toBe(200);
    expect((await ask(`${gateway.url}/example.com/other/@v/list`)).status).toBe(503);
  });
});

describe('workers', () => {
  it('none at all: 503 that says so', async () => {
    const stack = await ownStack({}, { workers: 0 });
    const miss = await ask(`${stack.url}/example.com/kept/@v/v1.0.0.info`);
    expect([miss.status, miss.text]).toEqual([503, 'unavailable: example.com/kept@v1.0.0: no worker is running\n']);
  });

  it('killed in mid-job: another finishes, and the client gets its 200', async () => {
    const stack = await ownStack({}, { workers: 1 });
    upstream.add('example.com/killed', 'v1.0.0');
    const arrived = Promise.withResolvers<void>();
    let first = true;
    upstream.respond('/example.com/killed/@v/v1.0.0.zip', (_request, _response, serve) => {
      if (!first) return serve();
      first = false;
      arrived.resolve(); // and the answer never comes
      return undefined;
    });
    const answer = ask(`${stack.url}/example.com/killed/@v/v1.0.0.zip`);
    await arrived.promise;
    const [victim] = stack.workers;
    await stack.addWorker();
    await victim?.kill();
    expect((await answer).status).toBe(200);
    expect(upstream.count('/example.com/killed/@v/v1.0.0.zip')).toBe(2);
  });
});

describe('a gateway told to stop', () => {
  it('finishes what it transfers, then exits 0', async () => {
    const stack = await ownStack({ STOA_SHUTDOWN_GRACE: '60s' });
    upstream.add('example.com/last', 'v1.0.0', { files: { 'big.bin': Buffer.alloc(30_000_000, 1) } });
    await ask(`${stack.url}/example.com/last/@v/v1.0.0.zip`);
    const response = await fetch(`${stack.url}/example.com/last/@v/v1.0.0.zip`);
    const [gateway] = stack.gateways;
    const stopped = gateway!.stop();
    await expect.poll(() => gateway!.log.some(({ msg }) => String(msg).startsWith('SIGTERM'))).toBe(true);
    expect((await response.arrayBuffer()).byteLength).toBe(Number(response.headers.get('content-length')));
    expect(await stopped).toBe(0);
  });
});

/** Runs a worker that sees another file system in place of the storage folder: in a mount namespace of its own. */
const onFileSystem = (root: string, options: string): Wrapper => [
  'unshare',
  '-rm',
  'sh',
  '-c',
  `mount -t tmpfs -o ${options} tmpfs '${root}' && exec "$@"`,
  'sh',
];

describe('a storage that can not be written', () => {
  it.each([
    ['full', 'size=64k', 'the disk has no room for another zip'],
    ['read-only', 'ro', 'the storage is read-only'],
  ])(
    'because it is %s: misses are 503 in one line, hits go on, and nothing half is left',
    async (_name, options, why) => {
      const stack = await ownStack({}, { workers: 1 });
      upstream.add('example.com/large', 'v1.0.0', { files: { 'large.bin': Buffer.alloc(500_000, 1) } });
      expect((await ask(`${stack.url}/example.com/kept/@v/v1.0.0.mod`)).status).toBe(200);
      await stack.workers[0]?.stop();
      await stack.addWorker({}, onFileSystem(join(stack.folder, 'data', 'storage'), options));
      const miss = await ask(`${stack.url}/example.com/large/@v/v1.0.0.zip`);
      expect([miss.status, miss.text]).toEqual([503, `unavailable: example.com/large@v1.0.0: ${why}\n`]);
      expect(miss.text).not.toContain(stack.folder);
      expect((await ask(`${stack.url}/example.com/kept/@v/v1.0.0.mod`)).status).toBe(200);
      await stack.addWorker();
      await stack.workers[1]?.stop();
      expect((await ask(`${stack.url}/example.com/large/@v/v1.0.0.zip`)).status).toBe(200);
    },
  );
});
