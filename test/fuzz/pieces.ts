/*
 * What hostile texts are made of. Characters beyond ASCII are of blocks that got no new letters since Unicode 15:
 * Go's and this runtime's versions of Unicode agree on them.
 */

/** What a part of a text may be: mostly good, so that texts of many parts get far. */
export interface Part {
  readonly good: readonly string[];
  readonly bad: readonly string[];
}

// prettier-ignore
export const HOST: Part = {
  good: ['example.com', 'github.com', 'a.b', 'x-y.org', '127.0.0.1', 'gopkg.in', 'golang.org', 'xn--e1afmkfd.example', 'a..b', 'sum.test'],
  bad: ['localhost', 'Example.com', '-a.b', '[::1]', 'con.example', 'a.b.', 'a_b.c', 'fo~1.com', '.', '', 'example.com:80', '.meta'],
};

// prettier-ignore
export const ELEMENT: Part = {
  good: ['x', 'Azure', 'go-autorest', 'a.b', 'a_b~', '-x', 'con2', 'x~1y', 'cmd', 'yaml.v2', 'yaml.v3-unstable', 'v2', 'v', 'toolchain', 'A', 'aZ', 'COM0', 'lpt10', '~', 'list'],
  bad: ['a+b', '.git', '.', '..', '...', 'x.', 'con', 'CON', 'aux.txt', 'Nul.', 'com1', 'lpt9', 'prn', 'foo~1', 'foo~12.go', '~1', '', 'é', '@v', '@latest', '.meta', '.tmp'],
};

/** Of any host but gopkg.in. */
export const MAJOR: Part = {
  good: ['', '', '', '/v2', '/v3', '/v10', '/v99999999999999999999'],
  bad: ['/v1', '/v0', '/v02', '/v1.2', '/v2.', '/v٢', '.v1', '.v0'],
};

export const GOPKG_MAJOR: Part = {
  good: ['.v0', '.v1', '.v2', '.v3', '.v2-unstable', '.v10'],
  bad: ['', '.v0-unstable', '.v01', '.v-unstable', '.v', '/v2', '.v2.v3-unstable-unstable'],
};

export const NUMBER: Part = {
  good: ['0', '0', '1', '1', '2', '3', '10', '99999999999999999999'],
  bad: ['01', '00', '', '-1', '1e3', 'x', '٣'],
};

// prettier-ignore
export const PRERELEASE: Part = {
  good: [
    '', '', '', '-1', '-10', '-a', '-rc', '-RC', '-rc.1', '-a.b.1', '--', '-0', '-1a', '-go1.23.4.linux-amd64', '-20190410190852-0123456789ab', '-0.20190410190852-0123456789ab',
    '-pre.0.20190410190852-0123456789ab', '-20190410190852-A', '-2019041019085-0123456789ab', '-20191310190852-0123456789ab', '-0.20190410190852-0123456789abcdef', '-pre.20190410190852-0123456789ab',
    '-rc.0.20190410190852-', '-0.00000000000000-000000000000',
  ],
  bad: ['-', '-.', '-a..b', '-01', '-1.01', '-é', '-a_b', '-a.'],
};

export const BUILD: Part = {
  good: ['', '', '', '+incompatible', '+incompatible', '+meta', '+a.1', '+001', '+Incompatible', '+incompatible.1'],
  bad: ['+', '+a..b', '+incompatible+incompatible', '+a_b', '+.'],
};

// prettier-ignore
export const REVISION: Part = {
  good: ['master', 'main', 'HEAD', 'abcdef1', '0123456789abcdef0123456789abcdef01234567', 'none', 'Latest', 'v1', 'v1.2', 'vX', 'release.1', '.x', 'a b', 'a#b', 'a%b', '%2F', 'a@b', '@', 'a[b]', 'a{b}', 'a~1', 'list', 'list.info', 'v1.0.0.zip'],
  bad: ['latest', 'upgrade', 'patch', 'feature/x', '-x', '--upload-pack=touch x', '.', '..', '...', 'x.', 'con', 'CON.x', 'nul', 'aux.v1', 'a!b', '!a', 'a;b', 'a:b', 'a*', '', ' ', '日本'],
};

export const EXTENSION: Part = {
  good: ['.info', '.info', '.mod', '.zip'],
  bad: ['.INFO', '.ziphash', '.lock', '.partial', '', '.', '.info.tmp', '.info/', '.json'],
};

// prettier-ignore
export const GLOBS = [
  '', ',', '*', '**', '?', '*.com', '*.com/*', 'example.com', 'example.com/*', 'example.com/', 'github.com/*/go-*', 'gopkg.in/*', '[a-z]*', '[^a]*', '[]', '[', '[a', '[a-]', '[]a]', '\\', '\\*', 'a.b,x-y.org/x',
  '*/*', '*/*/*', 'v1*', 'é', '[à-ü]', '[\\]x]', '*[^/]', 'x[./]y',
];

/** Names of checksum databases: those that the judge knows, and what is nearly one. */
export const DATABASE: Part = {
  good: ['sum.test', 'sum.test/v2', 'localhost.localdev/sumdb'],
  bad: ['sum.test.', 'sum.test/v3', 'Sum.test', 'localhost.localdev', ''],
};

// prettier-ignore
export const DATABASE_PATH: Part = {
  good: ['supported', 'latest', 'lookup/', 'lookup/', 'lookup/', 'tile/8/0/000', 'tile/8/0/x001/234', 'tile/8/1/999.p/1', 'tile/8/data/067', 'tile/8/0/x009/x223/x372/x036/x854/x775/807', 'tile/8/63/000.p/255'],
  bad: ['tile/8/0/000.p/256', 'tile/7/0/000', 'tile/8/01/000', 'tile/8/9223372036854775808/000', 'tile/8/0/x000/001', '', 'tile', 'lookup', 'Supported', 'supported/', '/latest'],
};

/** What is put into a text: telling parts of all grammars. */
// prettier-ignore
export const INSERTS = [
  '/', '//', '/../', '/./', '/..', '..', '.', '...', '\\', '..\\', ':', '@', '/@v/', '/@v/list', '/@latest', '.info', '.mod', '.zip', '!', '!!', '!a', '!A', '!1', 'A', 'Z', '%', '%%', '%2', '%zz', '%21', '%21a', '%2F', '%2f', '%5C', '%00', '%0a', '%20', '%25', '%252F', '%2e%2e', '%C3%A9',
  '%ff', '%c0%ae', '%ED%A0%80', '%F4%90%80%80', '%EF%BB%BF', '+', '+incompatible', '+meta', '-', '--', '-0', '-0.', '-rc', '.0', '.01', '0', '1', '9', '00', '~', '~1', '~1.', 'v', 'V', '/v2', '/v1', '.v2', '-unstable', 'gopkg.in/', 'con', 'CON.', 'aux', 'nul', 'com1', 'lpt9', ' ', '\t', '\n', '\r\n',
  '\0', '\x1b', '\x7f', '?', '?a=b', '#', '&', '=', '*', '[', ']', '{', '}', '(', ')', '<', '>', '|', '"', "'", '`', '$', ',', ';', '^', '_', 'http://', 'https://h', 'HTTP://', '/sumdb/', '.meta/', '.tmp', '20190410190852', '0123456789ab', '-20190410190852-0123456789ab',
];

/** Look-alikes, folding pairs, marks, invisible characters, other digits, and characters of four bytes. */
// prettier-ignore
export const STRANGE = [
  'a\u0301', 'а', 'е', 'о', 'ο', 'ν', 'ѵ', '\u212a', 'ſ', 'ß', 'ẞ', 'İ', 'ı', 'Σ', 'σ', 'ς', 'é', 'É', 'ﬁ', 'Ａ', 'ａ', 'ｖ', '１', '٣', '०', '²', '／', '．', '！', '％', '＠', '～', '﹒', '․', '‥', '…', '∕', '⁄', '‐', '‑', '–', '−', '﹣',
  '\u00a0', '\u00ad', '\u0085', '\u200b', '\u200d', '\u2028', '\u2029', '\u202e', '\u2060', '\ufeff', '\ufffd', '\u0300', '日', '本', '한', 'א', 'ا', '😀', '𝒜', '𝟏', '𐐀', '\u3000', '\u0080',
];
