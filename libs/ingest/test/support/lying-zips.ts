import { deflateRawSync } from 'node:zlib';
import type { CraftedEntry, Header } from './crafted-zip.js';
import { file, GO_MOD, LARGE, LIMIT, noise, refused, withMod, type GoVerdict, type ZipCase } from './zip-case.js';

/** Ways to lie about the content of an entry: x/mod sees them when it extracts. */
function lies(of: string, entry: CraftedEntry): ZipCase[] {
  const size = entry.content!.length;
  const lie = (title: string, reason: RegExp, change: Partial<CraftedEntry>, go: GoVerdict = 'fails later') =>
    refused(`${title} of ${of}`, reason, withMod({ ...entry, ...change }), go);
  const ofAny = [
    lie('a wrong checksum', /has another checksum than declared/, { both: { crc: 1 } }),
    // archive/zip takes 0 for unknown.
    lie('no checksum', /has another checksum than declared/, { both: { crc: 0 } }, 'accepts'),
    lie('a wrong data descriptor', /than its data descriptor says/, { descriptor: 'wrong' }),
  ];
  if (entry.method === 0) return ofAny;
  return [
    ...ofAny,
    lie('a size that is too small', /has another size/, { both: { size: size - 1 } }),
    lie('a size of nothing', /has another size/, { both: { size: 0 } }),
    lie('a size that is too large', /has another size/, { both: { size: size + 1 } }),
    lie('data that does not inflate', /damaged data/, { data: Buffer.alloc(size, 0xff) }),
    lie('data that is cut off', /damaged data|another size/, { both: { compressedSize: 3 } }),
    lie('no data', /damaged data/, { data: Buffer.alloc(0) }),
  ];
}

/** 64 MiB in 64 KiB. */
const bomb = (both: Partial<Header> = {}): CraftedEntry =>
  file('bomb', { content: Buffer.alloc(64 << 20), both: { crc: 0, ...both } });

/** What would be large when it is inflated. */
const BOMBS: readonly ZipCase[] = [
  refused('a bomb that is declared small', /has another size/, withMod(bomb({ size: 100 })), 'fails later'),
  refused('a bomb that is declared as 500 MiB', /total uncompressed size/, withMod(bomb({ size: LIMIT + 1 }))),
  refused(
    'a size that its data can not reach',
    /has another size/,
    withMod(file('a', { both: { size: 4 << 20 } })),
    'fails later',
  ),
  refused(
    'many entries with one bomb for data',
    /overlaps another entry/,
    withMod(
      ...Array.from({ length: 5 }, (_, i) => file(`b${i}`, { content: GO_MOD.content!, central: { offset: 0 } })),
    ),
    'accepts',
  ),
  refused(
    'an entry that is in the directory alone',
    /overlaps another entry/,
    withMod(file('a', { central: { offset: 1 } })),
    'fails later',
  ),
  refused(
    'an entry whose data descriptor is the next header',
    /than its data descriptor says/,
    withMod(file('a', { both: { flags: 0x808 } }), file('b')),
    'fails later',
  ),
];

const NOISE = noise(1 << 20);

/** Zips whose headers lie about what is in them. */
export const LYING: readonly ZipCase[] = [
  ...lies('a small file', file('a', { content: 'a small file' })),
  ...lies('a large file', file('a', { content: LARGE })),
  refused(
    'damage behind the first pieces of a large file',
    /damaged data|another size/,
    withMod(file('a', { content: NOISE, data: Buffer.concat([deflateRawSync(NOISE).subarray(0, -50_000), LARGE]) })),
    'fails later',
  ),
  refused(
    'a large file that ends before its end',
    /damaged data/,
    withMod(file('a', { content: NOISE, data: deflateRawSync(NOISE).subarray(0, -1) })),
    'fails later',
  ),
  ...lies('a large stored file', file('a', { content: LARGE, method: 0 })),
  ...BOMBS,
];
