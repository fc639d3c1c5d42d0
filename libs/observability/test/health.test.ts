import { readdir } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { Health } from '#libs/observability';

it('tells of a failed check no path and no address, which the system’s own errors name', async () => {
  const health = new Health({
    folder: { critical: true, check: async () => void (await readdir('/no/such/folder')) },
    server: { critical: false, check: () => Promise.reject(new Error('the server says nothing')) },
    well: { critical: true, check: async () => {} },
  });
  expect(await health.readiness()).toEqual({
    status: 'unavailable',
    checks: { folder: 'ENOENT', server: 'the server says nothing', well: 'ok' },
  });
});
