import { deflateRawSync } from 'node:zlib';
import { PIECE } from '../../src/zip/zip-source.js';
import { craftZip } from './crafted-zip.js';
import { ended, file, GO_MOD, LARGE, noise, PREFIX, SMALL_LIMIT, VERSION, withMod, type ZipCase } from './zip-case.js';

function legal(title: string, zip: Buffer, version = VERSION): ZipCase {
  return { title, version, zip, reason: null, go: 'accepts' };
}

/** Zips that are as they should be, in every form that x/mod, archive/zip and other writers give them. */
export const LEGAL: readonly ZipCase[] = [
  legal('a plain module', withMod(file('LICENSE'), file('a.go'), file('sub/b.go'), file('sub/deep/c.go'))),
  legal('no go.mod', craftZip([file('a.go')])),
  legal('no entry', craftZip([])),
  legal('empty files', withMod(file('empty', { content: '' }), file('deflated', { content: '', method: 8 }))),
  legal('stored files', withMod(file('a.go', { method: 0 }))),
  legal('a stored go.mod', craftZip([{ ...GO_MOD, method: 0 }])),
  legal('an empty go.mod', craftZip([{ ...GO_MOD, content: '', method: 8 }])),
  legal(
    'a go.mod with a data descriptor',
    craftZip([{ ...GO_MOD, descriptor: 'signed' }, file('a.go', { descriptor: 'signed' })]),
  ),
  legal('a go.mod with a data descriptor without signature', craftZip([{ ...GO_MOD, descriptor: 'unsigned' }])),
  legal('a go.mod of 16 MiB', craftZip([{ ...GO_MOD, content: Buffer.alloc(SMALL_LIMIT, '\n') }])),
  legal(
    'folders, the root and one folder twice',
    withMod({ name: PREFIX }, file('sub/', { content: '' }), file('sub/a.go'), file('sub/', { content: '' })),
  ),
  legal('a folder called go.mod', craftZip([file('go.mod/', { content: '' }), file('sub/GO.MOD/', { content: '' })])),
  legal(
    'names with letters of other scripts, spaces and signs',
    withMod(file('привет/世界.go'), file('a b (c)+[d]{e}~1,f.txt')),
  ),
  legal(
    'names that only differ outside of letter case',
    withMod(file('ß'), file('ss'), file('ı'), file('i'), file('İ')),
  ),
  legal('a +incompatible version', craftZip([{ name: 'example.com/Mod@v2.0.0+incompatible/a.go', content: 'x' }]), {
    module: 'example.com/Mod',
    version: 'v2.0.0+incompatible',
  }),
  legal(
    'a gopkg.in module',
    craftZip([{ name: 'gopkg.in/yaml.v2@v2.4.0/go.mod', content: 'module gopkg.in/yaml.v2\n' }]),
    {
      module: 'gopkg.in/yaml.v2',
      version: 'v2.4.0',
    },
  ),
  legal('a comment', ended({ comment: Buffer.from('made by hand') })),
  legal('the longest comment', ended({ comment: Buffer.alloc(0xffff, 'c') })),
  legal('bytes after the end record', Buffer.concat([ended({}), Buffer.from('tail')])),
  legal('zip64 sizes and offsets', craftZip([{ ...GO_MOD, zip64: true }, file('a.go', { zip64: true })])),
  legal('a zip64 end record', ended({ zip64: 'yes' })),
  legal('zip64 local sizes', withMod(file('a.go', { local: { size: 0xffffffff, compressedSize: 0xffffffff } }))),
  legal(
    'a script before the first entry, counted by the offsets',
    craftZip([{ ...GO_MOD, before: Buffer.from('#!/bin/sh\n') }]),
  ),
  legal('padding between entries', withMod(file('a.go', { before: Buffer.alloc(100) }))),
  legal(
    'another extra field in the local header',
    withMod(file('a.go', { local: { extra: Buffer.from('UT\x04\x00abcd', 'latin1') } })),
  ),
  legal('a LICENSE of 16 MiB', withMod(file('LICENSE', { content: Buffer.alloc(SMALL_LIMIT) }))),
  legal(
    'a larger file that is not called LICENSE',
    withMod(file('license', { content: Buffer.alloc(SMALL_LIMIT + 1) }), file('stored', { content: LARGE, method: 0 })),
  ),
  ...[1, 2].flatMap((pieces) =>
    [-1, 0, 1].map((more) => {
      const content = noise(pieces * PIECE + more);
      const incompressible = deflateRawSync(content, { level: 0 });
      // Whose data, which is longer than its content, ends with a piece as well.
      const framed = noise(pieces * PIECE + more - (incompressible.length - content.length));
      return legal(
        `files of ${pieces} x 256 KiB and ${more}, deflated, framed and stored`,
        withMod(
          file('deflated', { content }),
          file('framed', { content: framed, data: deflateRawSync(framed, { level: 0 }) }),
          file('stored', { content, method: 0 }),
          file('after.go'),
        ),
      );
    }),
  ),
  legal(
    'bytes after the end of deflated data, less and more than a piece',
    withMod(
      file('a.go', { content: 'a', data: Buffer.concat([deflateRawSync('a'), Buffer.from('tail')]) }),
      file('b.go', { content: 'b', data: Buffer.concat([deflateRawSync('b'), LARGE]) }),
      file('c.go'),
    ),
  ),
];
