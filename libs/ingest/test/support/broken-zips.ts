import { craftZip } from './crafted-zip.js';
import { LYING } from './lying-zips.js';
import {
  declared,
  ended,
  file,
  GO_MOD,
  LIMIT,
  PREFIX,
  refused,
  SMALL_LIMIT,
  withMod,
  type ZipCase,
} from './zip-case.js';

const named = (path: string | Buffer) =>
  withMod({ name: Buffer.concat([Buffer.from(PREFIX), Buffer.from(path)]), content: 'x' });
const whole = ended({});

const NAMES: readonly ZipCase[] = [
  refused('a name without the prefix', /"a.go" is outside of/, craftZip([{ name: 'a.go', content: 'x' }])),
  refused('the escaped prefix', /is outside of/, craftZip([{ name: 'example.com/!mod@v1.2.3/go.mod', content: 'x' }])),
  refused('another version', /is outside of/, craftZip([{ name: 'example.com/Mod@v1.2.30/go.mod', content: 'x' }])),
  refused('another module', /is outside of/, craftZip([{ name: 'example.com/Mod/v2@v1.2.3/go.mod', content: 'x' }])),
  refused('part of the prefix', /is outside of/, craftZip([{ name: 'example.com/Mod@v1.2.3', content: 'x' }])),
  refused('no name', /"" is outside of/, craftZip([{ name: '', content: 'x' }])),
  refused('a path out of the module', /malformed file path "..\/x": invalid path element/, named('../x')),
  refused('a path through a parent', /malformed file path/, named('a/../b')),
  refused('a dot in the path', /malformed file path/, named('./a')),
  refused('an absolute path', /malformed file path/, named('/etc/passwd')),
  refused('a double slash', /double slash/, named('a//b')),
  refused('a folder without a name', /empty string/, named('/')),
  refused('a folder with two slashes', /trailing slash/, named('a//')),
  refused('a backslash', /invalid char/, named('a\\b')),
  refused('a colon', /invalid char/, named('a:b')),
  refused('a NUL', /invalid char/, named('a\0b')),
  refused('a newline', /malformed file path "a\\nb"/, named('a\nb')),
  refused('an emoji', /invalid char/, named('😀.go')),
  refused('a trailing dot', /trailing dot/, named('a.')),
  refused('a Windows device', /disallowed as path element/, named('sub/Aux.txt')),
  refused('a name in Latin-1', /not valid UTF-8/, named(Buffer.from('caf\xe9', 'latin1'))),
  refused('a surrogate in UTF-8', /not valid UTF-8/, named(Buffer.from('\xed\xa0\x80', 'latin1'))),
  refused('an overlong slash', /not valid UTF-8/, named(Buffer.from('a\xc0\xafb', 'latin1'))),
  refused('a byte order mark', /invalid char/, named('\ufeffa')),
];

const COLLISIONS: readonly ZipCase[] = [
  refused('names that differ in case', /collision: "a.go" and "A.go"/, withMod(file('a.go'), file('A.go'))),
  refused('folders that differ in case', /collision: "sub" and "Sub"/, withMod(file('sub/a.go'), file('Sub/b.go'))),
  refused(
    'a folder and a file that differ in case',
    /collision: "x\/sub" and "x\/SUB"/,
    withMod(file('x/sub/a'), file('x/SUB')),
  ),
  refused('the Kelvin sign and k', /collision/, withMod(file('k'), file('\u212a'))),
  refused('the long s and S', /collision/, withMod(file('S'), file('\u017f'))),
  refused('a sigma and a final sigma', /collision/, withMod(file('σ'), file('ς'))),
  refused('the sharp s in both cases', /collision/, withMod(file('ß'), file('ẞ'))),
  refused('Deseret letters', /collision/, withMod(file('\u{10400}'), file('\u{10428}'))),
  refused('one file twice', /multiple entries for file "a.go"/, withMod(file('a.go'), file('a.go'))),
  refused('go.mod twice', /multiple entries for file "go.mod"/, withMod(GO_MOD)),
  refused('a file that is a folder too', /"a" is both a file and a directory/, withMod(file('a'), file('a/b'))),
  refused('a folder that is a file too', /"a" is both a file and a directory/, withMod(file('a/b'), file('a'))),
  refused(
    'an explicit folder that is a file too',
    /both a file and a directory/,
    withMod(file('a'), file('a/', { content: '' })),
  ),
];

const GO_MODS: readonly ZipCase[] = [
  refused('a go.mod in a folder', /"sub\/go.mod": go.mod file not in module root/, withMod(file('sub/go.mod'))),
  refused('a GO.MOD in a folder', /go.mod file not in module root/, withMod(file('sub/Go.Mod'))),
  refused('a GO.MOD in the root', /"GO.MOD": go.mod files must have lowercase names/, craftZip([file('GO.MOD')])),
  refused('a go.mod over 16 MiB', /go.mod file too large/, craftZip([{ ...GO_MOD, both: { size: SMALL_LIMIT + 1 } }])),
  refused('a LICENSE over 16 MiB', /LICENSE file too large/, withMod(declared('LICENSE', SMALL_LIMIT + 1))),
  refused(
    'a go.mod with a wrong checksum',
    /go.mod" has another checksum/,
    craftZip([{ ...GO_MOD, both: { crc: 1 } }]),
    'fails later',
  ),
  refused('a go.mod without checksum', /another checksum/, craftZip([{ ...GO_MOD, both: { crc: 0 } }]), 'accepts'),
  refused(
    'a go.mod with a wrong descriptor',
    /data descriptor/,
    craftZip([{ ...GO_MOD, descriptor: 'wrong' }]),
    'fails later',
  ),
  refused('a go.mod larger than declared', /another size/, craftZip([{ ...GO_MOD, both: { size: 5 } }]), 'fails later'),
  refused(
    'a go.mod smaller than declared',
    /another size/,
    craftZip([{ ...GO_MOD, both: { size: 50 } }]),
    'fails later',
  ),
  refused(
    'a go.mod of 16 MiB declared as nothing',
    /another size/,
    craftZip([{ ...GO_MOD, content: Buffer.alloc(SMALL_LIMIT), both: { size: 0 } }]),
    'fails later',
  ),
  refused(
    'a go.mod that does not inflate',
    /damaged data/,
    craftZip([{ ...GO_MOD, data: Buffer.alloc(9, 0xff) }]),
    'fails later',
  ),
  refused(
    'a go.mod that is cut off',
    /damaged data|another size/,
    craftZip([{ ...GO_MOD, both: { compressedSize: 4 } }]),
    'fails later',
  ),
];

const SIZES: readonly ZipCase[] = [
  refused('one file over 500 MiB', /total uncompressed size/, withMod(declared('a', LIMIT + 1))),
  refused(
    'many files over 500 MiB',
    /total uncompressed size/,
    craftZip([declared('a', LIMIT - 10), declared('b', 11)]),
  ),
  refused(
    'a zip64 size of 8 EiB',
    /total uncompressed size/,
    craftZip([file('a', { zip64: true, central: { size: 2 ** 63 } })]),
  ),
  refused('a full size without a zip64 field', /total uncompressed size/, craftZip([declared('a', 0xffffffff)])),
  refused(
    'stored data of another size',
    /stored with another size/,
    withMod(file('a', { method: 0, both: { size: 1 } })),
    'fails later',
  ),
  refused('a folder with content', /directory "a\/" has content/, withMod(file('a/')), 'fails later'),
];

const DATA: readonly ZipCase[] = [
  refused(
    'an unknown compression',
    /unsupported compression method 12/,
    withMod(file('a', { both: { method: 12 } })),
    'fails later',
  ),
  refused('an encrypted entry', /is encrypted/, withMod(file('a', { both: { flags: 0x801 } })), 'accepts'),
  refused('a strongly encrypted entry', /is encrypted/, withMod(file('a', { both: { flags: 0x841 } })), 'accepts'),
  refused(
    'two entries with the same data',
    /overlaps another entry/,
    withMod(file('a', { content: GO_MOD.content!, central: { offset: 0 } })),
    'accepts',
  ),
  refused('an entry inside the data of another', /overlaps another entry/, nested(), 'accepts'),
  refused(
    'data that reach into the directory',
    /has data outside the file/,
    withMod(file('a', { both: { compressedSize: 60 } })),
    'accepts',
  ),
  refused(
    'data beyond the file',
    /has data outside the file/,
    withMod(file('a', { both: { compressedSize: 1 << 20 } })),
    'accepts',
  ),
  refused(
    'a header beyond the file',
    /the file is truncated/,
    withMod(file('a', { central: { offset: 1 << 20 } })),
    'fails later',
  ),
  refused(
    'an offset of 8 EiB',
    /the file is truncated/,
    withMod(file('a', { zip64: true, central: { offset: 2 ** 63 } })),
    'fails later',
  ),
  refused('no local header', /has no local header/, withMod(file('a', { local: { signature: 7 } })), 'fails later'),
  refused(
    'another name in the local header',
    /disagrees/,
    withMod(file('a', { local: { name: `${PREFIX}b` } })),
    'accepts',
  ),
  refused(
    'a longer name in the local header',
    /disagrees/,
    withMod(file('a', { local: { name: `${PREFIX}ab` } })),
    'accepts',
  ),
  refused('another size in the local header', /disagrees/, withMod(file('a', { local: { size: 1 } })), 'accepts'),
  refused(
    'another size in the local header of go.mod',
    /go.mod" has a local header that disagrees/,
    craftZip([{ ...GO_MOD, local: { size: 1 } }]),
    'accepts',
  ),
  refused('another checksum in the local header', /disagrees/, withMod(file('a', { local: { crc: 1 } })), 'accepts'),
  refused('another method in the local header', /disagrees/, withMod(file('a', { local: { method: 0 } })), 'accepts'),
];

const wide = { offset: 0xffffffff, extra: Buffer.from([1, 0, 4, 0, 1, 2, 3, 4]) };

const STRUCTURE: readonly ZipCase[] = [
  refused('an empty file', /no end record/, Buffer.alloc(0)),
  refused('a page of HTML', /no end record/, Buffer.from('<!doctype html><title>Sign in</title>')),
  refused('a file cut by one byte', /no end record/, whole.subarray(0, -1)),
  refused('a file cut in the middle', /no end record/, whole.subarray(0, whole.length / 2)),
  refused('a file that lacks its first bytes', /not where the end record says/, whole.subarray(10), 'fails later'),
  refused('a comment that is cut off', /no end record/, ended({ comment: Buffer.from('comment') }).subarray(0, -1)),
  refused('fewer entries than counted', /counts other entries/, ended({ count: 3 })),
  refused('more entries than counted', /counts other entries/, ended({ count: 1 })),
  refused('a broken header', /malformed central directory/, withMod(file('a', { central: { signature: 7 } }))),
  refused(
    'an offset that wants a zip64 field',
    /malformed central directory/,
    withMod(file('a', { central: { offset: 0xffffffff } })),
  ),
  refused('a zip64 field that is too short', /malformed central directory/, withMod(file('a', { central: wide }))),
  refused('a broken zip64 end record', /malformed zip64 end record/, ended({ zip64: 'broken' })),
  refused(
    'a directory beyond the file',
    /not where the end record says/,
    ended({ directoryOffset: 1 << 20 }),
    'fails later',
  ),
  refused('a directory of 4 EiB', /not where the end record says/, ended({ zip64: 'yes', directorySize: 2 ** 62 })),
  refused(
    'bytes after the last header',
    /malformed central directory/,
    ended({ afterHeaders: Buffer.alloc(50) }),
    'accepts',
  ),
  refused(
    'a header that runs out of the directory',
    /malformed central directory/,
    ended({ afterHeaders: endless() }),
    'accepts',
  ),
  refused(
    'bytes after the directory',
    /not where the end record says/,
    ended({ afterDirectory: Buffer.from('gap') }),
    'accepts',
  ),
  refused(
    'bytes before the zip',
    /not where the end record says/,
    Buffer.concat([Buffer.from('#!/bin/sh\n'), whole]),
    'accepts',
  ),
  refused('a comment with the end record of another zip', /is outside of/, ended({ comment: hidden(whole.length) })),
];

/** One rule each, broken. */
export const REFUSED: readonly ZipCase[] = [
  ...NAMES,
  ...COLLISIONS,
  ...GO_MODS,
  ...SIZES,
  ...DATA,
  ...LYING,
  ...STRUCTURE,
];

/** A stored entry whose data is a whole local entry of its own, which the directory lists too. */
function nested(): Buffer {
  const inner = craftZip([file('b')]).subarray(0, 30 + PREFIX.length + 1 + 13);
  const start = 30 + PREFIX.length + 1;
  return craftZip([file('a', { method: 0, content: inner }), file('b', { central: { offset: start } })]);
}

/** A header whose name is longer than what is left of the file. */
function endless(): Buffer {
  const header = Buffer.alloc(46);
  header.write('PK\x01\x02', 'latin1');
  header.writeUInt16LE(0xffff, 28);
  return header;
}

/** A directory and end record for the comment of a zip: the last end record of a file is the one that counts. */
function hidden(offset: number): Buffer {
  const other = craftZip([{ name: 'other/evil.go', content: 'x' }]);
  const header = other.subarray(other.indexOf('PK\x01\x02'), -22);
  return Buffer.concat([header, craftZip([], { count: 1, directorySize: header.length, directoryOffset: offset })]);
}
