import { describe, expect, test } from 'vitest';
import { RefusalError } from '#libs/protocol';
import { goJudge } from '../../../test/support/go-judge.js';
import { moduleZip } from '../../../test/support/module-zip.js';
import { disconnect, page, redirect, status, truncated, type Script } from '../../../test/support/upstream.js';
import { atEnd, context, fetcher, upstream } from './fetching.js';

/** An upper-case letter, so that the way in which a path is written shows. */
const VERSION = { module: 'example.com/My', version: 'v1.0.0' };
const FILES = ['info', 'mod', 'zip'].map((extension) => `/example.com/!my/@v/v1.0.0.${extension}`);
const [INFO = ''] = FILES;
const MOD = 'module example.com/My\n';
const ZIP = moduleZip(VERSION, { 'go.mod': MOD });

/** What an upstream does, by the word that stands for it in a list; any other word has everything. */
const SOURCES: Readonly<Record<string, readonly [prefix: string, script: Script]>> = {
  missing: ['/', status(404)],
  gone: ['/', status(410)],
  forbids: ['/', status(403)],
  unauthorized: ['/', status(401)],
  malformed: ['/', status(400)],
  busy: ['/', status(503)],
  limited: ['/', status(429)],
  broken: ['/', status(500)],
  empty: ['/', status(204)],
  choices: ['/', status(300)],
  unchanged: ['/', status(304)],
  resets: ['/', disconnect()],
  portal: [INFO, page()],
  short: ['/', truncated('module example.com/My\n', 5)],
  circles: ['/', redirect('/example.com/again')],
  noMod: ['/example.com/!my/@v/v1.0.0.mod', status(404)],
  noZip: ['/example.com/!my/@v/v1.0.0.zip', status(404)],
  brokenZip: ['/example.com/!my/@v/v1.0.0.zip', status(500)],
  moves: [INFO, redirect('/moved?signature=%2Fx&y')],
};

/** Starts the upstreams of a list of words, and notes who is asked for what; the same again at once is left out. */
async function world(list: string) {
  const asked: string[] = [];
  const entries = [...list.matchAll(/([^,|]+)([,|]?)/g)].map(async ([, entry = '', separator = '']) => {
    if (entry === 'off') return entry + separator;
    const [, word = '', folder = '', query = ''] = /^(\w+)([^?]*)(.*)$/.exec(entry) ?? [];
    const source = (await upstream()).add(VERSION.module, VERSION.version);
    for (const path of [...FILES, '/moved']) {
      const body = path.endsWith('zip') ? ZIP : path.endsWith('mod') ? MOD : JSON.stringify({ Version: 'v1.0.0' });
      source.addFile(folder.replace(/\/+$/, '') + path, body);
    }
    const [prefix, script] = SOURCES[word] ?? ['none', status(500)];
    source.respond('/', (request, response, serve) => {
      const path = decodeURIComponent((request.url ?? '').replace(/\?.*/, ''));
      const line = `${word} ${request.url}`;
      if (asked.at(-1) !== line) asked.push(line);
      return path.startsWith(prefix) ? script(request, response, serve) : serve();
    });
    return source.url + folder + query + separator;
  });
  return { GOPROXY: (await Promise.all(entries)).join(''), asked };
}

/** What the go command does with a list: whether it has the version in the end, and whom it asked. */
async function judged(list: string) {
  const { GOPROXY, asked } = await world(list);
  const judge = await goJudge({ GOPROXY });
  atEnd(() => judge.close());
  const { Error: refused } = await judge.download(`${VERSION.module}@${VERSION.version}`);
  return { fetched: refused === undefined, asked };
}

/** What we do with it, when we fetch what the go command does in its order. */
async function ours(list: string) {
  const { GOPROXY, asked } = await world(list);
  // The go command has no circuit that opens.
  const fetch = fetcher({ GOPROXY, limits: { failures: Infinity } });
  const job = await context();
  try {
    await fetch.info(VERSION, job);
    await fetch.mod(VERSION, job);
    await fetch.zip(VERSION, job);
    return { fetched: true, asked };
  } catch (error) {
    if (!(error instanceof RefusalError)) throw error;
    return { fetched: false, asked };
  }
}

const FAULTS = Object.keys(SOURCES).filter((word) => !/^no|^moves|Zip$/.test(word));

describe('the go command asks the same upstreams in the same order', () => {
  test.each([
    ['a', true],
    ['missing,a', true],
    ['gone|missing,a', true],
    ['missing,gone', false],
    ['missing,off,a', false],
    ['a,off', true],
    ['off', false],
    ['off,a', false],
    ['noMod,a', true],
    ['noMod|noZip,a', true],
    ['noZip', false],
    ['brokenZip,a', false],
    ['brokenZip|a', true],
    ['forbids|missing,broken,a', false],
    ['broken|forbids|a', true],
    ['moves,a', true],
    ['a/base/go', true],
    ['a/base//', true],
    ['missing/base?token=a%2Fb+c&d,a?e=f', true],
    ['noMod?x,a/base/?y=z', true],
  ])('of %s', async (list, fetched) => {
    const expected = await judged(list);
    expect(expected.fetched).toBe(fetched);
    expect(await ours(list)).toEqual(expected);
  });

  test.each(FAULTS)('when the first %s, at both separators', async (word) => {
    for (const list of [`${word},a`, `${word}|a`]) expect([list, await ours(list)]).toEqual([list, await judged(list)]);
  });
});
