import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startFaultProxy, type FaultProxy } from '../support/fault-proxy.js';

let echo: Server;
let proxy: FaultProxy;

beforeEach(async () => {
  echo = createServer((socket) => {
    socket.on('error', () => {});
    socket.pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  proxy = await startFaultProxy({ port: (echo.address() as AddressInfo).port });
});
afterEach(async () => {
  await proxy.close();
  echo.close();
});

async function dial(): Promise<Socket> {
  const socket = connect(proxy.port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

/** Sends bytes and the end, and reads what comes back to its end. */
async function roundTrip(bytes: Buffer): Promise<Buffer> {
  const socket = await dial();
  socket.end(bytes);
  return buffer(socket);
}

describe('the fault proxy', () => {
  it.each([
    ['no fault', {}],
    ['a delay', { delay: 20 }],
    ['little bandwidth', { bandwidth: 8_000_000 }],
  ])('passes bytes and ends whole under %s', async (_name, fault) => {
    proxy.set(fault);
    const bytes = randomBytes(3_000_000);
    expect((await roundTrip(bytes)).equals(bytes)).toBe(true);
  });

  it('is at least as late and as slow as it is told', async () => {
    proxy.set({ delay: 50, bandwidth: 1_000_000 });
    const started = performance.now();
    await roundTrip(randomBytes(200_000));
    expect(performance.now() - started).toBeGreaterThan(100 + 180); // both ways late; the last piece is not waited for
  });

  it('holds what falls into a black hole until it is healed', async () => {
    const socket = await dial();
    const other = await dial();
    const arrived: string[] = [];
    socket.on('data', (bytes: Buffer) => arrived.push(bytes.toString()));
    socket.write('first');
    await once(socket, 'data');
    const hurt = proxy.connections.find(({ lastSent }) => lastSent === 'first');
    hurt?.set({ blackHole: true });
    socket.write('second');
    other.write('not hurt');
    await once(other, 'data');
    expect(arrived).toEqual(['first']);
    proxy.set({});
    await once(socket, 'data');
    expect(arrived).toEqual(['first', 'second']);
    socket.destroy();
    other.destroy();
  });

  it('resets what is open, and refuses what comes until it is opened again', async () => {
    const socket = await dial();
    const reset = once(socket, 'error');
    await proxy.shut();
    expect((await reset)[0]).toMatchObject({ code: 'ECONNRESET' });
    await expect(dial()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await proxy.open();
    expect((await roundTrip(Buffer.from('again'))).toString()).toBe('again');
    await expect.poll(() => proxy.connections).toEqual([]);
  });
});
