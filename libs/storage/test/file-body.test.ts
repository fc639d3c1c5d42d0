import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fstatSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, expect, it } from 'vitest';
import { FileBody } from '../src/fs/file-body.js';

const folder = mkdtempSync(join(tmpdir(), 'stoa-body-'));
const path = join(folder, 'file');
const content = randomBytes(1_000_003);
writeFileSync(path, content);
afterAll(() => rmSync(folder, { recursive: true }));

function openBody(start = 0, end = content.length - 1): { file: number; body: FileBody } {
  const file = openSync(path, 'r');
  return { file, body: new FileBody(file, start, end) };
}

/** Keeps what is written, and looks at each chunk only in the next turn, as a socket may. */
class LateReader extends Writable {
  readonly chunks: Buffer[] = [];

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    setImmediate(() => {
      this.chunks.push(Buffer.from(chunk));
      done();
    });
  }
}

it.each([
  ['a whole file', 0, content.length - 1],
  ['a part', 70_000, 200_000],
  ['one byte', 5, 5],
])('writes %s into what it is piped to, several at once', async (_, start, end) => {
  const sinks = Array.from({ length: 5 }, () => openBody(start, end).body.pipe(new LateReader()));
  await Promise.all(sinks.map((sink) => once(sink, 'finish')));
  for (const { chunks } of sinks) expect(Buffer.concat(chunks)).toEqual(content.subarray(start, end + 1));
});

it('is read by iteration and through a pipeline', async () => {
  const chunks: Buffer[] = [];
  for await (const chunk of openBody(3).body) chunks.push(chunk as Buffer);
  expect(Buffer.concat(chunks)).toEqual(content.subarray(3));

  const sink = new LateReader();
  await pipeline(openBody().body, sink);
  expect(Buffer.concat(sink.chunks)).toEqual(content);
});

it('ends and closes its file', async () => {
  const { file, body } = openBody();
  body.pipe(new LateReader());
  await once(body, 'end');
  await once(body, 'close');
  expect(() => fstatSync(file)).toThrow('EBADF');
});

it('closes its file when a client goes away in the middle', async () => {
  const { file, body } = openBody();
  const server = createServer((_, response) => {
    response.once('close', () => body.destroy());
    body.pipe(response.writeHead(200, { 'content-length': 2 ** 40 }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client: Socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(client, 'data');
  client.destroy();
  await once(body, 'close');
  expect(() => fstatSync(file)).toThrow('EBADF');
  server.close();
});

it('fails when the file ends before its end', async () => {
  const short = join(folder, 'short');
  writeFileSync(short, content);
  const body = new FileBody(openSync(short, 'r'), 0, content.length - 1);
  truncateSync(short, 100_000);
  const sink = body.pipe(new LateReader());
  await expect(once(body, 'end')).rejects.toThrow('file ended while it was read');
  expect(sink.writableEnded).toBe(false);
});
