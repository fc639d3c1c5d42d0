import { describe, expect, it } from 'vitest';
import { judge, type Facts, type Receipt } from '#libs/ingest';
import { hashGoMod } from '../src/h1.js';

const MOD = Buffer.from('module example.com/m\n');
const OTHER_MOD = Buffer.from('module example.com/other\n');
const [H1, OTHER_H1] = [`h1:${'A'.repeat(43)}=`, `h1:${'B'.repeat(43)}=`];
const [FILE, OTHER_FILE] = [`sha256:${'0'.repeat(64)}`, `sha256:${'1'.repeat(64)}`];
const at = (key: string) => ({ key, etag: 'e' });
const DATABASE = { database: 'sum.test', zip: H1, goMod: hashGoMod(MOD) };

function receipt(changes: Partial<Receipt>): Facts['receipt'] {
  const value: Receipt = {
    module: 'example.com/m',
    version: 'v1.0.0',
    source: 'proxy',
    stored: '2026-01-01T00:00:00.000000000Z',
    tookMilliseconds: 1,
    zipBytes: 100,
    unzippedBytes: 200,
    files: 2,
    zipHash: FILE,
    goModHash: hashGoMod(MOD),
    checks: [],
    ...changes,
  };
  return { ...at('receipt'), value };
}

/** A version that is whole. */
const WHOLE: Facts = {
  module: 'example.com/m',
  version: 'v1.0.0',
  info: { ...at('info'), bytes: Buffer.from('{"Version":"v1.0.0"}') },
  mod: { ...at('mod'), bytes: MOD },
  zip: { ...at('zip'), size: 100, fault: null, h1: H1, file: FILE, goMod: MOD },
  receipt: receipt({}),
  indexed: true,
  database: null,
};
const EVIL_ZIP = { ...at('zip'), size: 100, fault: null, h1: OTHER_H1, file: OTHER_FILE, goMod: MOD } as const;

const CASES: Record<string, [Partial<Facts>, string[], string[]?]> = {
  'nothing, when it is whole': [{}, []],
  'nothing, when the database agrees': [{ database: DATABASE }, []],
  'nothing, of a .mod alone': [{ info: null, zip: null, receipt: null, indexed: false }, []],
  'nothing, of a version without its zip': [{ zip: null, receipt: null, indexed: false }, []],
  'the zip, when its receipt says otherwise': [{ zip: EVIL_ZIP }, ['zip']],
  'the zip, when an early receipt has another size': [
    { receipt: receipt({ zipHash: undefined, zipBytes: 99 }) },
    ['zip'],
  ],
  'the zip, when the database says otherwise': [{ zip: EVIL_ZIP, database: DATABASE }, ['zip']],
  'the zip and the receipt that vouches for it, when the database says otherwise': [
    { zip: EVIL_ZIP, receipt: receipt({ zipHash: OTHER_FILE }), database: DATABASE },
    ['receipt', 'zip'],
  ],
  'the receipt, when the database agrees with the files': [
    { receipt: receipt({ zipHash: OTHER_H1 }), database: DATABASE },
    ['receipt'],
  ],
  'the .mod, when its receipt says otherwise': [{ mod: { ...at('mod'), bytes: OTHER_MOD } }, ['mod']],
  'the .mod and its receipt, when the database says otherwise': [
    {
      mod: { ...at('mod'), bytes: OTHER_MOD },
      receipt: receipt({ goModHash: hashGoMod(OTHER_MOD) }),
      database: DATABASE,
    },
    ['receipt', 'mod'],
  ],
  'a .mod that is larger than any may be': [{ mod: { ...at('mod'), bytes: null } }, ['mod']],
  'the zip, when its go.mod is not the one that nobody vouches for': [
    { mod: { ...at('mod'), bytes: OTHER_MOD }, receipt: null, indexed: false },
    ['zip'],
    ['receipt'],
  ],
  'an .info of another version': [{ info: { ...at('info'), bytes: Buffer.from('{"Version":"v1.0.1"}') } }, ['info']],
  'a receipt that is none, which says nothing': [{ receipt: { ...at('receipt'), value: null } }, ['receipt']],
  'what a receipt promises': [
    { info: null, mod: null, zip: null, indexed: false },
    [],
    ['mod', 'info', 'zip', 'index'],
  ],
  'the .mod of an .info': [{ mod: null, zip: null, receipt: null, indexed: false }, [], ['mod']],
  'the receipt of what is whole': [{ receipt: null, indexed: false }, [], ['receipt']],
};

describe('a judgement blames or misses', () => {
  it.each(Object.entries(CASES))('%s', (_name, [changes, damaged, missing = []]) => {
    const verdict = judge({ ...WHOLE, ...changes });
    expect(verdict.damaged.map(({ part }) => part)).toEqual(damaged);
    expect(verdict.missing).toEqual(missing);
  });

  it('gives the go.mod of a sound zip alone', () => {
    expect(judge(WHOLE).goMod).toBe(MOD);
    expect(judge({ ...WHOLE, zip: EVIL_ZIP }).goMod).toBeNull();
  });
});
