import * as fc from 'fast-check';

/**
 * Characters on whose classes Go's and this runtime's versions of Unicode agree: no block below got new letters
 * since Unicode 15.
 */
const char = fc
  .oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 0x7f }) },
    { weight: 2, arbitrary: fc.integer({ min: 0x80, max: 0x7ff }) },
    fc.integer({ min: 0x2000, max: 0x2063 }),
    fc.integer({ min: 0x3041, max: 0x9ffc }),
    fc.integer({ min: 0xff01, max: 0xffee }),
    fc.integer({ min: 0x1f600, max: 0x1f64f }),
  )
  .map((code) => String.fromCodePoint(code));

/** Texts made of telling parts and of a few characters of any sort. */
export function composed(parts: readonly string[], maxLength = 9): fc.Arbitrary<string> {
  const piece = fc.oneof({ weight: 7, arbitrary: fc.constantFrom(...parts) }, { weight: 1, arbitrary: char });
  return fc.array(piece, { maxLength }).map((pieces) => pieces.join(''));
}

/** Texts of any UTF-16 code units, halves of pairs among them. */
export const anyText = fc.string({
  unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
});

// prettier-ignore
export const hostilePath = composed([
  'example.com', 'example.com/', 'gopkg.in/', 'a.b', 'X.y', '/', '/', '//', '/v2', '/v1', '.v3', '.v0', '/v10', '-unstable', 'Azure', '!a', '!', '!!',
  '.', '..', '-', '~1', '~', 'con', 'aux.', 'LPT1', '_', '+', 'é', ' ', '@', '%', '\\', ':', '\n', '\0', 'z', '0',
]);

// prettier-ignore
export const hostileVersion = composed([
  'v', 'v1', 'v1.2', 'v1.2.3', 'v0.0.0', 'v2.0.0', 'v10.20.30', '0', '1', '10', '99999999999999999999', '.', '.0', '-', '-rc.1', '-0.', '-pre.0.', '20190410190852',
  '-0123456789ab', '+', '+incompatible', '+meta', 'a', 'RC', '!r', '!', '01', '/', ' ', 'é', '~', ';', 'con', '..', '\\', '\0',
], 7);

// prettier-ignore
export const hostileGlob = composed(['a', 'b', 'a.b', 'x', '*', '*', '?', '?', '[', ']', '[a', '-z]', '[^', 'a-b]', '[é-ü]', '^', '-', '\\', '/', '/', ',', ',', 'é', '日', '\ufffd']);
export const hostileTarget = composed(['a', 'b', 'z', 'a.b', 'x', '.', '/', '/', '-', ']', 'é', '日', 'ab', '\ufffd']);

// prettier-ignore
export const hostileTile = composed(['tile/8/0/', 'tile/8/0/', 'tile/8/data/', 'tile/8/1/', 'tile/4/0/', 'x001/', 'x000/', '000', '999', '.p/1', '.p/255', '.p/256', '/', 'x', '0', '1', '9223372036854775807'], 6);
// prettier-ignore
export const hostileLookup = composed(['example.com/x', 'example.com/x@v1.0.0', '!azure', 'Azure', '@v1.0.0', '@v2.0.0', '@', '-pre', '+incompatible', '+meta', '-!r!c', '/', '.', 'é', '!', ' '], 5);
// prettier-ignore
export const hostileList = composed(['v1.0.0', 'v1.1.0', 'v1.10.0', 'v2.0.0', 'v1.0.0-rc.1', '-0.20190410190852-0123456789ab', '+incompatible', '\n', '\n', '\n', '\r\n', ' ', '\t', '\u0085', '\u2003', 'x'], 14);

const infoKeys = ['Version', 'Version', 'version', 'VERSION', 'Time', 'time', 'Origin', 'origin', 'Short', 'Verſion'];
// prettier-ignore
const infoValues = [
  '"v1.0.0"', '"v1.0.0"', '""', 'null', '1', '[]', '{}', '{"VCS":"git"}', '{"vcs":1}', '{"Ref":null}', 'true',
  '"2019-04-10T19:08:52Z"', '"2019-04-10T19:08:52.5+02:00"', '"2019-02-30T00:00:00Z"', '"2019-04-10"', '"\ufffd"',
];
export const hostileInfo = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...infoKeys), fc.constantFrom(...infoValues)), {
    maxLength: 4,
    selector: ([key]) => key,
  })
  .map((fields) => `{${fields.map(([key, value]) => `"${key}":${value}`).join(',')}}`);
