import { once } from 'node:events';
import { link, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createOpsServer, Health, listen, Metrics } from '#libs/observability';

async function socketPath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'stoa-listen-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 's');
}

async function listenAt(socket: string): Promise<string> {
  const server = await createOpsServer(new Metrics(), new Health({}));
  onTestFinished(() => server.close());
  return listen(server, { socket });
}

it('takes the place of a unix socket that a killed process has left', async () => {
  const path = await socketPath();
  const killed = createServer().listen(`${path}.first`);
  await once(killed, 'listening');
  await link(`${path}.first`, path);
  killed.close(); // removes the first name alone; a process that is killed removes none
  await once(killed, 'close');
  expect(await listenAt(path)).toBe(`unix:${path}`);
});

it('leaves a unix socket to the process that listens there', async () => {
  const path = await socketPath();
  await listenAt(path);
  await expect(listenAt(path)).rejects.toThrow('EADDRINUSE');
  expect(await listenAt(`${path}.other`)).toBe(`unix:${path}.other`);
});

it('leaves a file that is no socket', async () => {
  const path = await socketPath();
  await writeFile(path, 'precious');
  await expect(listenAt(path)).rejects.toThrow('EADDRINUSE');
  expect(await readFile(path, 'utf8')).toBe('precious');
});
