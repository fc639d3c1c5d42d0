import { mutate } from './mutate.js';
import {
  BUILD,
  DATABASE,
  DATABASE_PATH,
  ELEMENT,
  EXTENSION,
  GLOBS,
  GOPKG_MAJOR,
  HOST,
  INSERTS,
  MAJOR,
  NUMBER,
  PRERELEASE,
  REVISION,
  type Part,
} from './pieces.js';
import type { Random } from './random.js';
import type { WayName } from './ways.js';

/** Makes a text of one grammar, most often a good one: mutations make the rest. */
type Grammar = (random: Random) => string;

const choose = (random: Random, { good, bad }: Part) => random.pick(random.oneIn(16) ? bad : good);

function modulePath(random: Random): string {
  let path = choose(random, HOST);
  const isGopkg = path === 'gopkg.in';
  for (let left = random.below(4) + Number(isGopkg); left > 0; left--) path += `/${choose(random, ELEMENT)}`;
  return path + choose(random, isGopkg ? GOPKG_MAJOR : MAJOR);
}

function version(random: Random): string {
  if (random.oneIn(4)) return choose(random, REVISION);
  const numbers = Array.from({ length: random.oneIn(16) ? 1 + random.below(4) : 3 }, () => choose(random, NUMBER));
  return `v${numbers.join('.')}${choose(random, PRERELEASE)}${choose(random, BUILD)}`;
}

/** A version of the path's major version, now and then. */
function versionOf(path: string, random: Random): string {
  const major = /v(\d+)(?:-unstable)?$/.exec(path)?.[1];
  const some = version(random);
  return major === undefined || random.oneIn(4) ? some : some.replace(/^v\d+/, `v${major}`);
}

/** Two texts around an `@`: a module path or globs, or a version, and the version or the path that it is held against. */
function pair(random: Random): string {
  switch (random.below(4)) {
    case 0:
      return `${version(random)}@${version(random)}`;
    case 1:
      return `${random.pick(GLOBS)}${random.pick(INSERTS)}${random.pick(GLOBS)}@${modulePath(random)}`;
    case 2:
      return `${random.pick(GLOBS)},${random.pick(GLOBS)}@${modulePath(random)}`;
    default: {
      const path = modulePath(random);
      return `${path}@${versionOf(path, random)}`;
    }
  }
}

const bang = (text: string, random: Random) =>
  random.oneIn(24) ? text : text.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);

// As go writes its URLs; now and then more than that, or nothing.
function encode(path: string, random: Random): string {
  switch (random.below(12)) {
    case 0:
      return path;
    case 1:
      return `/${encodeURIComponent(path.slice(1))}`;
    default:
      return path.replace(/[^A-Za-z0-9/@+._~-]/gu, encodeURIComponent).replaceAll('!', '%21');
  }
}

function asked(random: Random): string {
  const path = modulePath(random);
  const module = bang(path, random);
  const file = `${bang(versionOf(path, random), random)}${choose(random, EXTENSION)}`;
  switch (random.below(12)) {
    case 0:
      return `/${module}/@latest`;
    case 1:
      return `/${module}/@v/list`;
    case 2: {
      const target = choose(random, DATABASE_PATH);
      const looked = target === 'lookup/' ? `${module}@${bang(versionOf(path, random), random)}` : '';
      return `/sumdb/${choose(random, DATABASE)}/${target}${looked}`;
    }
    default:
      return `/${module}/@v/${file}`;
  }
}

const ORIGINS = ['', 'http://proxy.test', 'HTTPS://proxy.test:3000', 'ftp://proxy.test'];
const QUERIES = ['', '?', '?go-get=1', '?/@v/list'];

function request(random: Random): string {
  const path = encode(asked(random), random);
  return random.oneIn(16) ? `${random.pick(ORIGINS)}${path}${random.pick(QUERIES)}` : path;
}

const GRAMMARS: Readonly<Record<WayName, Grammar>> = { path: modulePath, version, pair, request };

/** Makes a text that is worth asking in a way: out of its grammar or the corpus, and most often damaged. */
export function makeText(way: WayName, corpus: readonly string[], random: Random): string {
  return mutate(random.oneIn(4) ? random.pick(corpus) : GRAMMARS[way](random), random);
}
