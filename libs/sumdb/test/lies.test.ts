import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RefusalError } from '#libs/protocol';
import { MemoryObjectStore } from '#libs/storage';
import { startTestDatabase, type TestDatabase } from './support/test-database.js';
import { keysOf, lookup, refusalOf, SIGNAL, startWorker, storedAt, version, type Worker } from './support/worker.js';

const LOG = 'honest';
const ID = 7;
const PATH = lookup(ID);
const OTHER_VERSION = 'lookup/example.com/m7@v1.0.1';

let database: TestDatabase;
let store: MemoryObjectStore;
let worker: Worker;

beforeAll(async () => {
  database = await startTestDatabase();
  await database.grow(LOG, 299);
  await database.answer(LOG, OTHER_VERSION);
  await database.grow('five', 5);
});
afterAll(() => database.close());
beforeEach(() => {
  store = new MemoryObjectStore();
  worker = startWorker(database, store, LOG);
});

type Lie = (answer: Buffer) => Buffer | Promise<Buffer>;

/** Rewrites an answer as text. */
const rewrite =
  (from: string | RegExp, to: string): Lie =>
  (answer) => {
    const text = answer.toString('utf8');
    const altered = text.replace(from, to);
    if (altered === text) throw new TypeError('nothing was altered');
    return Buffer.from(altered);
  };

/** Keeps the record, with the note of another tree head. */
const withNote =
  (note: () => Promise<Buffer>): Lie =>
  async (answer) =>
    Buffer.concat([answer.subarray(0, answer.indexOf('\n\n') + 2), await note()]);

const flip =
  (at: number): Lie =>
  (answer) => {
    const altered = Buffer.from(answer);
    altered.writeUInt8(altered.readUInt8(at) ^ 1, at);
    return altered;
  };

const tree = (size: number, hash = 'A'.repeat(43)): string => `go.sum database tree\n${size}\n${hash}=\n`;
const absent: Lie = () => {
  throw new RefusalError('not-found', 'no such tile');
};

const FORGED: readonly (readonly [string, RegExp, Lie, string])[] = [
  [
    'a note signed with another key',
    /^lookup/,
    withNote(async () => database.sign(tree(300), 'other')),
    'the note of the tree has no verifiable signatures',
  ],
  [
    'a note of another name',
    /^lookup/,
    rewrite(/— \S+/, '— sum.other'),
    'the note of the tree has no verifiable signatures',
  ],
  ['an altered tree size', /^lookup/, rewrite('\n300\n', '\n301\n'), 'invalid signature for key sum.test/db+'],
  ['an altered tree hash', /^lookup/, rewrite(/(\n300\n).{4}/, '$1AAAA'), 'invalid signature for key sum.test/db+'],
  ['an altered zip hash', /^lookup/, rewrite(/v1.0.0 h1:.{4}/, 'v1.0.0 h1:AAAA'), 'cannot authenticate record data'],
  ['an altered go.mod hash', /^lookup/, rewrite(/go.mod h1:.{4}/, 'go.mod h1:AAAA'), 'cannot authenticate record data'],
  ['an added line', /^lookup/, rewrite(/\n\n/, '\nexample.com/m7 v1.0.0 h2:x\n\n'), 'cannot authenticate record data'],
  [
    'the record of another module',
    /^lookup/,
    () => database.answer(LOG, lookup(8)),
    'a line of another module or version',
  ],
  [
    'the record of another version',
    /^lookup/,
    () => database.answer(LOG, OTHER_VERSION),
    'a line of another module or version',
  ],
  [
    'an omitted zip line',
    /^lookup/,
    rewrite(/example.com\/m7 v1.0.0 h1.*\n/, ''),
    'verifying module: checksum missing from sumdb response',
  ],
  [
    'an omitted go.mod line',
    /^lookup/,
    rewrite(/example.com\/m7 v1.0.0\/go.mod.*\n/, ''),
    'verifying go.mod: checksum missing from sumdb response',
  ],
  ['a record with another number', /^lookup/, rewrite(/^7\n/, '8\n'), 'cannot authenticate record data'],
  [
    'a record with a number beyond its tree',
    /^lookup/,
    rewrite(/^7\n/, '300\n'),
    'cannot validate record 300 in tree of size 300',
  ],
  ['a record with a number of 16 digits', /^lookup/, rewrite(/^7\n/, '9007199254740991\n'), 'cannot validate record'],
  [
    'a head that its record is not in yet',
    /^lookup/,
    withNote(async () => database.answer('five', 'latest')),
    'cannot validate record 7 in tree of size 5',
  ],
  [
    'a signed head of no tree',
    /^lookup/,
    withNote(async () => database.sign(tree(300))),
    'downloaded inconsistent tile',
  ],
  [
    'a signed head of no tree, of a size without partial leaf tile',
    /^lookup/,
    withNote(async () => database.sign(tree(256))),
    'downloaded inconsistent tile',
  ],
  [
    'a signed empty tree with another hash',
    /^lookup/,
    withNote(async () => database.sign(tree(0))),
    'go.sum database server misbehavior detected',
  ],
  ['a forged hash of the record in its tile', /^tile\/8\/0\/000$/, flip(ID * 32), 'downloaded inconsistent tile'],
  ['a forged hash of another record in that tile', /^tile\/8\/0\/000$/, flip(200 * 32), 'downloaded inconsistent tile'],
  ['a forged upper tile', /^tile\/8\/1\//, flip(3), 'downloaded inconsistent tile'],
  ['a forged tile at the edge', /^tile\/8\/0\/001/, flip(43 * 32), 'downloaded inconsistent tile'],
  [
    'the tile of another place',
    /^tile\/8\/0\/000$/,
    async () => Buffer.alloc(8192, await database.answer(LOG, 'tile/8/0/001.p/44')),
    'downloaded inconsistent tile',
  ],
];

const BROKEN: readonly (readonly [string, RegExp, Lie, string])[] = [
  ['an empty answer', /^lookup/, () => Buffer.alloc(0), 'malformed record data'],
  ['an answer with an empty record', /^lookup/, rewrite(/^7\n[^]*?\n\n/, '7\n\n'), 'malformed record data'],
  ['an answer with a blank record', /^lookup/, rewrite(/^7\n[^]*?\n\n/, '\n\n'), 'malformed record data'],
  ['an answer without a note', /^lookup/, rewrite(/\n\n[^]*$/, '\n\n'), 'malformed note'],
  ['an answer without a signature', /^lookup/, rewrite(/\n— [^]*$/, '\n'), 'malformed note'],
  ['a record with a number that is none', /^lookup/, rewrite(/^7\n/, '+7\n'), 'malformed record data'],
  ['a page', /^lookup/, () => Buffer.from('<html>\n\nlog in</html>\n'), 'malformed record data'],
  ['a truncated answer', /^lookup/, (answer) => answer.subarray(0, -10), 'malformed note'],
  [
    'something after the signatures',
    /^lookup/,
    (answer) => Buffer.concat([answer, Buffer.from('x\n')]),
    'malformed note',
  ],
  ['a signed note that is no tree', /^lookup/, withNote(async () => database.sign('hello\n')), 'malformed tree note'],
  [
    'a truncated full tile',
    /^tile\/8\/0\/000$/,
    (answer) => answer.subarray(0, -32),
    'a tile of 8160 bytes for 256 hashes',
  ],
  [
    'a full tile that is too wide',
    /^tile\/8\/0\/000$/,
    (answer) => Buffer.concat([answer, answer.subarray(0, 32)]),
    'a tile of 8224 bytes for 256 hashes',
  ],
  [
    'a truncated partial tile',
    /^tile\/8\/0\/001/,
    (answer) => answer.subarray(0, -1),
    'a tile of 1407 bytes for 44 hashes',
  ],
  [
    'a partial tile that is too wide',
    /^tile\/8\/0\/001/,
    (answer) => Buffer.concat([answer, answer.subarray(0, 32)]),
    'a tile of 1440 bytes for 44 hashes',
  ],
  ['a tile that is not there', /^tile\/8\/0\/000$/, absent, 'no such tile'],
  ['a partial tile that is not there, nor the full one', /^tile\/8\/0\/001/, absent, 'no such tile'],
];

function tell(lied: RegExp, lie: Lie): void {
  worker.middleman.lie = (path, answer) => (lied.test(path) ? lie(answer) : answer);
}

/** No lookup is stored; what was asked to judge it is as the database has it. */
async function knowsNothingFalse(): Promise<void> {
  for (const key of await keysOf(store)) {
    expect(key).toMatch(/^t(ile|ree)\//);
    if (key.startsWith('tile/'))
      expect([key, await storedAt(store, key)]).toEqual([key, await database.answer(LOG, key)]);
  }
}

async function tellsTheTruthAgain(): Promise<void> {
  worker.middleman.lie = (_, answer) => answer;
  const lines = (await database.answer(LOG, PATH)).toString('utf8').split('\n');
  expect(await worker.client.checksums(version(ID), SIGNAL)).toEqual({
    zip: lines[1]?.split(' ')[2],
    goMod: lines[2]?.split(' ')[2],
  });
}

describe('a lie is refused with a security error, and nothing of it is stored or remembered:', () => {
  it.each(FORGED)('%s', async (_, lied, lie, reason) => {
    tell(lied, lie);
    const refusal = await refusalOf(worker.client.checksums(version(ID), SIGNAL));
    expect(refusal).toContain(`forbidden: example.com/m7@v1.0.0: SECURITY ERROR: `);
    expect(refusal).toContain(reason);
    await knowsNothingFalse();
    await tellsTheTruthAgain();
  });
});

describe('nonsense is refused as trouble of the source, and nothing of it is stored or remembered:', () => {
  it.each(BROKEN)('%s', async (_, lied, lie, reason) => {
    tell(lied, lie);
    const refusal = await refusalOf(worker.client.checksums(version(ID), SIGNAL));
    expect(refusal).toContain('upstream: example.com/m7@v1.0.0: ');
    expect(refusal).toContain(reason);
    await knowsNothingFalse();
    await tellsTheTruthAgain();
  });
});

describe('a record that is in the log is refused all the same', () => {
  it.each([
    ['without a zip line', 'MOD', 'verifying module: checksum missing'],
    ['without a go.mod line', 'ZIP', 'verifying go.mod: checksum missing'],
    ['of another module', 'other.test/x v1.0.0 H\nother.test/x v1.0.0/go.mod H\n', 'another module or version'],
    ['with a line of another module too', 'ZIPMODother.test/x v1.0.0 H\n', 'another module or version'],
    ['with a line of another version too', 'ZIPMODrecorded.test/x v1.0.1 H\n', 'another module or version'],
    ['with a line that is none', 'ZIPMODhello\n', 'another module or version'],
    [
      'with a hash of an unknown kind alone',
      'recorded.test/x v1.0.0 h9:abc\nMOD',
      'verifying module: checksum missing',
    ],
    ['with two hashes for one file', `ZIPMODrecorded.test/x v1.0.0 h1:${'B'.repeat(43)}=\n`, 'two hashes for one file'],
  ])('%s', async (name, record, reason) => {
    const hash = `h1:${'A'.repeat(43)}=`;
    const text = record
      .replace('ZIP', 'recorded.test/x v1.0.0 H\n')
      .replace('MOD', 'recorded.test/x v1.0.0/go.mod H\n')
      .replaceAll(' H\n', ` ${hash}\n`);
    await database.record(name, 'recorded.test/x@v1.0.0', text);
    worker.middleman.log = name;
    const refusal = await refusalOf(worker.client.checksums({ module: 'recorded.test/x', version: 'v1.0.0' }, SIGNAL));
    expect(refusal).toContain('forbidden: recorded.test/x@v1.0.0: SECURITY ERROR: ');
    expect(refusal).toContain(reason);
    expect(await keysOf(store)).toEqual([]);
  });
});

describe('nothing that fails is kept for clients:', () => {
  it.each<[string, RegExp, Lie]>([
    ['latest', /^latest/, rewrite(/\n300\n/, '\n301\n')],
    ['latest', /^latest/, () => database.sign(tree(300), 'other')],
    [PATH, /^lookup/, rewrite(/h1:.{4}/, 'h1:AAAA')],
    ['tile/8/0/000', /^tile\/8\/0\/000/, flip(0)],
    ['tile/8/0/001.p/44', /^tile\/8\/0\/001/, flip(0)],
    ['tile/8/0/001.p/9', /^tile\/8\/0\/001/, flip(43 * 32)],
    ['tile/8/1/000.p/1', /^tile\/8\/1/, flip(0)],
    ['tile/8/data/000', /^tile\/8\/data/, rewrite(/h1:.{4}/, 'h1:AAAA')],
    ['tile/8/data/001.p/44', /^tile\/8\/data/, rewrite(/m298 v1.0.0 h1:.{4}/, 'm298 v1.0.0 h1:AAAA')],
  ])('a forged %s', async (path, lied, lie) => {
    tell(lied, lie);
    expect(await refusalOf(worker.client.keep(path, SIGNAL))).toContain('forbidden: SECURITY ERROR: ');
    expect(await keysOf(store)).not.toContain(path);
    worker.middleman.lie = (_, answer) => answer;
    await worker.client.keep(path, SIGNAL);
    expect(await keysOf(store)).toContain(path);
  });

  it.each<[string, Lie]>([
    ['a record too few', rewrite(/example.com\/m7 v1.0.1[^]*$/, '')],
    ['a record too many', rewrite(/$/, 'example.com/m300 v1.0.0 h1:x\n\n')],
    ['no end', (answer) => answer.subarray(0, -1)],
    ['something behind', (answer) => Buffer.concat([answer, Buffer.from('x')])],
  ])('a data tile with %s', async (_, lie) => {
    tell(/^tile\/8\/data\/001/, lie);
    expect(await refusalOf(worker.client.keep('tile/8/data/001.p/44', SIGNAL))).toBe(
      'upstream: the checksum database answered nonsense: a data tile without its 44 records',
    );
    expect(await keysOf(store)).not.toContain('tile/8/data/001.p/44');
  });
});
