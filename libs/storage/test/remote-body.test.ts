import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { PassThrough, Readable, Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { readBody } from '#libs/storage';
import { receiveBody, RemoteBody } from '../src/remote-body.js';

/** Pieces as a connection gives them: each in memory of its own. */
function pieces(count: number): Buffer[] {
  return Array.from({ length: count }, () => Buffer.from(new Uint8Array(randomBytes(10_000)).buffer));
}

/** Looks at each piece only in a later turn, as a socket may. */
class LateSink extends Writable {
  bytes = Buffer.alloc(0);

  override _write(piece: Buffer, _encoding: string, done: () => void): void {
    setImmediate(() => {
      this.bytes = Buffer.concat([this.bytes, piece]);
      done();
    });
  }
}

it.each([
  ['a small answer', 6, undefined],
  ['a small range of a large one', 20, { start: 9_990, end: 20_005 }],
] as const)('reads %s here, and lets go of the rest', async (_, count, range) => {
  const source = pieces(count);
  const content = Buffer.concat(source);
  const answer = Readable.from(source);
  answer._destroy = (error, done) => done(error ?? (answer.readableEnded ? null : new Error('aborted')));
  const body = await receiveBody(answer, content.length, range);
  expect(body).toEqual(range ? content.subarray(range.start, range.end + 1) : content);
  expect(answer.destroyed).toBe(true);
});

it.each([
  ['answer', undefined],
  ['range', { start: 10_000, end: 80_000 }],
] as const)('leaves a large %s a stream', async (_, range) => {
  const source = pieces(10);
  const body = await receiveBody(Readable.from(source), 100_000, range);
  expect(body).toBeInstanceOf(RemoteBody);
  expect(await readBody(body)).toHaveLength(range ? 70_001 : 100_000);
});

it('gives back the memory of what was written out, once it was', async () => {
  const source = pieces(5);
  const content = Buffer.concat(source);
  const sink = new RemoteBody(Readable.from(source)).pipe(new LateSink());
  await once(sink, 'finish');
  expect(sink.bytes).toEqual(content);
  expect(source.map(({ byteLength }) => byteLength)).toEqual([0, 0, 0, 0, 0]);
});

it('leaves memory alone that is more than the piece', async () => {
  const whole = Buffer.concat(pieces(3));
  const content = Buffer.from(whole);
  const parts = [whole.subarray(0, 10_000), whole.subarray(10_000)];
  const sink = new RemoteBody(Readable.from(parts)).pipe(new LateSink());
  await once(sink, 'finish');
  expect(sink.bytes).toEqual(content);
  expect(whole).toEqual(content);
});

it('writes a range of its source, and reads no further', async () => {
  const source = pieces(5);
  const content = Buffer.concat(source);
  const sink = new RemoteBody(Readable.from(source), { start: 9_990, end: 20_005 }).pipe(new LateSink());
  await once(sink, 'finish');
  expect(sink.bytes).toEqual(content.subarray(9_990, 20_006));
  expect(source[4]?.byteLength).toBe(10_000);
});

it('leaves the pieces to who iterates', async () => {
  const source = pieces(3);
  const content = Buffer.concat(source);
  const read: Buffer[] = [];
  for await (const piece of new RemoteBody(Readable.from(source))) read.push(piece as Buffer);
  expect(Buffer.concat(read)).toEqual(content);
});

it('fails where its source does, and does not end what it is piped to', async () => {
  const source = new PassThrough();
  const sink = new LateSink();
  const body = new RemoteBody(source);
  const failed = expect(once(body, 'end')).rejects.toThrow('cut off');
  body.pipe(sink);
  source.write('the beginning');
  source.destroy(new Error('cut off'));
  await failed;
  expect(sink.writableEnded).toBe(false);
});

it('destroys its source, whose error is nobody’s then', async () => {
  const source = new Readable({ read() {}, destroy: (_, done) => done(new Error('aborted')) });
  const body = new RemoteBody(source);
  body.pipe(new LateSink());
  const closed = once(source, 'close').catch(() => {});
  body.destroy();
  await closed;
  expect(source.destroyed).toBe(true);
  expect(body.errored).toBeNull();
});
