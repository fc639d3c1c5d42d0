import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ownFolder } from '../support/own-folder.js';
import { startProcess, type StoaProcess } from '../support/processes.js';

const folder = ownFolder('storage-stop');
const PATH = '/-/objects/.meta/large';
/** More than the kernel takes ahead of a reader. */
const SIZE = 32 * 1024 * 1024;
const UPLOAD = `PUT ${PATH} HTTP/1.1\r\nHost: h\r\nContent-Length: ${SIZE}\r\n\r\n`;

const sockets: Socket[] = [];
let server: StoaProcess;
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.kill();
});

async function start(grace: string): Promise<void> {
  server = await startProcess('storage', { STOA_DATA_DIR: join(folder, 'data'), STOA_SHUTDOWN_GRACE: grace });
}

/** A connection on which so much was said. */
async function connection(text: string): Promise<Socket> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => {});
  await once(socket, 'connect');
  await new Promise((sent) => socket.write(text, sent));
  return socket;
}

/** Asks on a connection of its own; resolves with its answer, whose body nobody has read. */
async function asked(method: string, body?: Buffer): Promise<IncomingMessage> {
  const headers = body ? { 'content-length': body.length } : {};
  const sent = request(server.url + PATH, { method, headers, agent: false }).end(body);
  sent.on('socket', (socket) => sockets.push(socket));
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return answer;
}

function messages(): unknown[] {
  return server.log.map(({ msg }) => msg);
}

describe('a storage server that was told to stop', () => {
  it('waits for nobody who has asked nothing', async () => {
    await start('10m');
    await connection('');
    await connection(UPLOAD.slice(0, 10));
    expect(await server.stop()).toBe(0);
    expect(messages()).not.toContain('the grace is over: cutting transfers');
  });

  it('finishes a transfer', async () => {
    await start('10m');
    (await asked('PUT', Buffer.alloc(SIZE))).resume();
    const answer = await asked('GET');
    const stopped = server.stop();
    await server.says('SIGTERM: stopping');
    let bytes = 0;
    for await (const chunk of answer as AsyncIterable<Buffer>) bytes += chunk.length;
    expect([bytes, await stopped]).toEqual([SIZE, 0]);
  });

  it('cuts what stands still once the grace is over, and is none the worse for it', async () => {
    await start('2s');
    (await asked('PUT', Buffer.alloc(SIZE))).resume();
    await asked('GET');
    await connection(`${UPLOAD}the rest never comes`);
    await connection(UPLOAD.replace('PUT', 'POST'));
    expect(await server.stop()).toBe(0);
    expect(messages()).toContain('the grace is over: cutting transfers');
    expect(server.log.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
