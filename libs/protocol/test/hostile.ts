import * as fc from 'fast-check';

/**
 * Characters on whose classes Go's and this runtime's versions of Unicode agree: nothing below is new since Unicode 15,
 * as the CJK strokes are that are left out.
 */
const char = fc
  .oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 0x7f }) },
    { weight: 2, arbitrary: fc.integer({ min: 0x80, max: 0x7ff }) },
    fc.integer({ min: 0x2000, max: 0x2063 }),
    fc.integer({ min: 0x3041, max: 0x31e3 }),
    fc.integer({ min: 0x31f0, max: 0x9ffc }),
    fc.integer({ min: 0xff01, max: 0xffee }),
    fc.integer({ min: 0x1f600, max: 0x1f64f }),
  )
  .map((code) => String.fromCodePoint(code));

/** Texts made of telling parts and of a few characters of any sort. */
export function composed(parts: readonly string[], maxLength = 9): fc.Arbitrary<string> {
  const piece = fc.oneof({ weight: 7, arbitrary: fc.constantFrom(...parts) }, { weight: 1, arbitrary: char });
  return fc.array(piece, { maxLength }).map((pieces) => pieces.join(''));
}

/** Well-formed texts, most of them with something put in, taken out or put in place of something. */
function damaged(wellFormed: fc.Arbitrary<string>, parts: readonly string[]): fc.Arbitrary<string> {
  const edit = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), gone: fc.nat(2), put: composed(parts, 1) });
  return fc.tuple(wellFormed, fc.array(edit, { maxLength: 2 })).map(([text, edits]) =>
    edits
      .reduce((chars, { at, gone, put }) => {
        const index = Math.floor(at * (chars.length + 1));
        return [...chars.slice(0, index), ...Array.from(put), ...chars.slice(index + gone)];
      }, Array.from(text))
      .join(''),
  );
}

function joined(...parts: readonly (readonly string[])[]): fc.Arbitrary<string> {
  return fc.tuple(...parts.map((choices) => fc.constantFrom(...choices))).map((chosen) => chosen.join(''));
}

function hostile(wellFormed: fc.Arbitrary<string>, parts: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof({ weight: 3, arbitrary: damaged(wellFormed, parts) }, { weight: 1, arbitrary: composed(parts) });
}

/** Texts of any UTF-16 code units, halves of pairs among them. */
export const anyText = fc.string({
  unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
});

// prettier-ignore
const pathParts = [
  'example.com', 'gopkg.in/', 'X.y', '/', '//', '/v2', '/v1', '.v3', '.v0', '/v10', '-unstable', 'Azure', '!a', '!', '!!',
  '.', '..', '-', '~1', '~', '/con', '/aux.', '/LPT1', '_', '+', 'é', ' ', '@', '%', '\\', ':', '\n', '\0', 'z', '0',
];
const elements = ['', '/x', '/Azure', '/!azure', '/a.b', '/a_b~', '/-x', '/con2', '/x~1y', '/cmd', '/.git', '/é'];
const modulePath = fc.oneof(
  joined(['example.com', 'a.b', 'x-y.org', '127.0.0.1'], elements, elements, [
    '',
    '',
    '/v2',
    '/v10',
    '/v1',
    '/v0',
    '/v',
  ]),
  joined(['gopkg.in/yaml', 'gopkg.in/a/b'], ['.v0', '.v1', '.v2', '.v03', '.v', '/v2'], ['', '', '-unstable']),
);
export const hostilePath = hostile(modulePath, pathParts);

// prettier-ignore
const versionParts = [
  'v', 'v1', 'v1.2', 'v1.2.3', '0', '1', '10', '99999999999999999999', '.', '.0', '-', '-rc.1', '-0.', '-pre.0.', '20190410190852',
  '-0123456789ab', '+', '+incompatible', '+meta', 'a', 'RC', '!r', '!', '01', '/', ' ', 'é', '~', ';', 'con', '..', '\\', '\0',
];
const numbers = ['0', '1', '1', '2', '10', '99999999999999999999'];
const identifiers = ['', '', '-1', '-2', '-10', '-a', '-rc', '-RC', '-rc.1', '-a.b.1', '--', '-0', '-01', '-1a'];
const builds = ['', '', '', '+incompatible', '+meta', '+a.1'];
const pseudoTail = ['20190410190852-0123456789ab', '20190410190852-A', '2019041019085-0123456789ab'];
const version = fc.oneof(
  joined(['v'], numbers, ['.'], numbers, ['.'], numbers, identifiers, builds),
  joined(['v0.0.0-', 'v1.0.0-', 'v2.0.0-', 'v1.2.4-0.', 'v1.2.3-pre.0.', 'v1.2.3-'], pseudoTail, builds),
  joined(['v0', 'v1', 'v2', 'v1.2', 'master', 'HEAD', 'abcdef1', 'latest', 'feature-1', '!h!e!a!d']),
);
export const hostileVersion = hostile(version, versionParts);

const globTerms = ['*', '?', '[a-z]', '[^a]', '[ab]', '[é-ü]', '[/]', '\\', '**', ''];
const targetChars = ['a', 'b', '/', '.', 'é', '日', '-', ']'];
const targetSteps = fc.array(fc.tuple(fc.constantFrom(...targetChars), fc.constantFrom(...globTerms, null, null)), {
  maxLength: 7,
});
/** Globs and what they are matched with: the glob is made from the target, then damaged. */
export const hostileMatch = targetSteps.chain((steps) => {
  const target = steps.map(([text]) => text).join('');
  const glob = steps.map(([text, term]) => (term === '\\' ? `\\${text}` : (term ?? text))).join('');
  return fc.tuple(
    damaged(fc.constant(glob), ['a', '*', '?', '[', ']', '^', '-', '\\', '/', ',', ',a', 'a*,', '\ufffd']),
    fc.oneof({ weight: 3, arbitrary: fc.constant(target) }, composed([...targetChars, '\ufffd'], 5)),
  );
});

// prettier-ignore
export const hostileTile = hostile(
  joined(['tile/8/'], ['0', '1', '63', 'data', '9223372036854775807'], ['/'], ['', '', 'x001/', 'x009/x223/x372/x036/x854/x775/'], ['000', '067', '807'], ['', '', '.p/1', '.p/255']),
  ['tile/8/0/', 'data', 'x001/', 'x000/', '000', '999', '.p/1', '.p/256', '/', 'x', '0', '1', '-', '+', '9223372036854775807'],
);
export const hostileLookup = hostile(
  fc.tuple(modulePath, version).map((pair) => pair.join('@')),
  [...pathParts, ...versionParts, '@v1.0.0'],
);
// prettier-ignore
export const hostileList = fc.oneof(
  fc.array(fc.tuple(version, fc.constantFrom('\n', '\n', '\r\n', ' x\n', '\n\n', '\u2003')), { maxLength: 8 }).map((lines) => lines.flat().join('')),
  composed(['v1.0.0', 'v2.0.0', 'v1.0.0-rc.1', '-0.20190410190852-0123456789ab', '+incompatible', '\n', '\n', '\r', ' ', '\t', '\u0085', '\u2003', 'x'], 14),
);

const infoKeys = ['Version', 'Version', 'version', 'VERSION', 'Time', 'time', 'Origin', 'origin', 'Short', 'Verſion'];
// prettier-ignore
const infoValues = [
  '"v1.0.0"', '"v1.0.0"', '""', 'null', '1', '[]', '{}', '{"VCS":"git"}', '{"vcs":1}', '{"Ref":null}', 'true',
  '"2019-04-10T19:08:52Z"', '"2019-04-10T19:08:52.5+02:00"', '"2019-02-30T00:00:00Z"', '"2019-04-10"', '"\ufffd"',
];
const infoField = fc.oneof(
  fc.tuple(fc.constantFrom(...infoKeys), fc.constantFrom(...infoValues)),
  joined(
    ['"2019-', '"2020-', '"0000-'],
    ['01', '02', '12', '13'],
    ['-01', '-29', '-31'],
    ['T00:00:00', 'T23:59:59', 'T24:00:00', 'T23:60:00', 't01:01:01', 'T01:01'],
    ['', '.1', '.'],
    ['Z"', '+00:00"', '-23:59"', '"'],
  ).map((time) => ['Time', time]),
  fc.constant(['Version', '"v1.0.0"']),
);
export const hostileInfo = fc
  .uniqueArray(infoField, { maxLength: 4, selector: ([key]) => key })
  .map((fields) => `{${fields.map(([key, value]) => `"${key}":${value}`).join(',')}}`);
