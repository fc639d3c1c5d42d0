import { afterAll, beforeAll, expect, it } from 'vitest';
import { createOpsServer } from '../src/ops-server.js';
import { Health } from '../src/health.js';
import { Metrics } from '../src/metrics.js';

let server: Awaited<ReturnType<typeof createOpsServer>>;
beforeAll(async () => {
  server = await createOpsServer(new Metrics(), new Health({}));
});
afterAll(() => server.close());

it('tells no gauge that its process has not measured', async () => {
  const { body } = await server.inject('/metrics');
  expect(body).toContain('# TYPE stoa_workers gauge');
  expect(body).not.toMatch(/^stoa_(workers|waiting_clients|vcs_cache_bytes) /m);
});

it.each([
  ['GET', '/no/such'],
  ['POST', '/no/such'],
  ['GET', '/%zz'],
] as const)('refuses a %s of %s, which it does not have, in a line of plain text', async (method, url) => {
  const { statusCode, headers, body } = await server.inject({ method, url });
  expect([statusCode, headers['content-type'], body]).toEqual([
    404,
    'text/plain; charset=utf-8',
    'not found: no such route\n',
  ]);
});
