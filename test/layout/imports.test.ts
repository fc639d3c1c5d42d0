import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Which rooms a room may open. The apps compose: an app may open what its row says and no other app's inside. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'libs/protocol': [],
  'libs/config': ['protocol'],
  'libs/observability': ['config'],
  'libs/storage': ['protocol', 'config', 'observability'],
  'libs/catalog': ['protocol', 'config', 'observability', 'storage'],
  'libs/queue': ['protocol', 'config', 'observability'],
  'libs/sumdb': ['protocol', 'config', 'observability', 'storage'],
  'libs/fetcher': ['protocol', 'config', 'observability'],
  'libs/ingest': ['protocol', 'config', 'observability', 'storage', 'fetcher', 'sumdb'],
  'apps/api': ['protocol', 'config', 'observability', 'storage', 'catalog', 'queue', 'sumdb'],
  'apps/worker': ['protocol', 'config', 'observability', 'storage', 'catalog', 'queue', 'sumdb', 'fetcher', 'ingest'],
  'apps/storage': ['protocol', 'config', 'observability', 'storage', 'ingest'],
  'apps/cli': ['protocol', 'config', 'observability', 'storage', 'catalog', 'queue', 'sumdb', 'fetcher', 'ingest'],
};

/** Packages that belong to certain rooms alone. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  bullmq: ['libs/queue', 'apps/worker'],
  '@nestjs/bullmq': ['libs/queue', 'apps/worker'],
  ioredis: ['libs/queue'],
  minio: ['libs/storage'],
  'fast-xml-parser': ['libs/storage'],
  zod: ['libs/config'],
  commander: ['apps/cli'],
  '@fastify/busboy': ['apps/storage'],
};

interface Import {
  readonly file: string;
  readonly room: string;
  readonly from: string;
}

const files = ['apps', 'libs'].flatMap((top) =>
  readdirSync(join(ROOT, top), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && name.split(sep).includes('src'))
    .map((name) => join(top, name).split(sep).join('/')),
);
const imports: Import[] = files.flatMap((file) =>
  [...readFileSync(join(ROOT, file), 'utf8').matchAll(/(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]/g)].map(
    (match) => ({
      file,
      room: file.split('/').slice(0, 2).join('/'),
      from: match[1] ?? '',
    }),
  ),
);

describe('the rooms', () => {
  it('are those of the table', () => {
    expect([...new Set(imports.map(({ room }) => room))].sort()).toEqual(Object.keys(MAY_IMPORT).sort());
  });

  it('import only the rooms that the table allows', () => {
    const broken = imports
      .filter(({ room, from }) => from.startsWith('#libs/') && !MAY_IMPORT[room]?.includes(from.slice('#libs/'.length)))
      .map(({ file, room, from }) => `${file}: ${room} may not import ${from}`);
    expect(broken).toEqual([]);
  });

  it('are entered by their door alone', () => {
    const broken = imports
      .filter(({ from }) => from.startsWith('.'))
      .map(({ file, room, from }) => ({
        file,
        room,
        from,
        target: relative(ROOT, join(ROOT, file, '..', from))
          .split(sep)
          .join('/'),
      }))
      .filter(({ file, room, target }) => !target.startsWith(`${room}/`) && !isEntry(file, target))
      .map(({ file, from }) => `${file}: ${from} leads out of its room; import #libs/<room> instead`);
    expect(broken).toEqual([]);
  });

  it('keep the libraries that belong to one room there', () => {
    const broken = imports
      .filter(({ room, from }) => from in PACKAGES && !PACKAGES[from]?.includes(room))
      .map(({ file, from }) => `${file}: ${from} belongs to ${PACKAGES[from]?.join(', ')}`);
    expect(broken).toEqual([]);
  });

  it('have no import cycle', () => {
    const graph = new Map(
      files.map((file) => [
        file,
        imports.filter((one) => one.file === file && one.from.startsWith('.')).map(({ from }) => resolve(file, from)),
      ]),
    );
    const cycles = files
      .filter((file) => reaches(graph, file, file))
      .map((file) => `${file} imports itself in a circle`);
    expect(cycles).toEqual([]);
  });
});

describe('the files', () => {
  it('read the environment only in libs/config', () => {
    const broken = files.filter(
      (file) => !file.startsWith('libs/config/') && readFileSync(join(ROOT, file), 'utf8').includes('process.env'),
    );
    expect(broken.map((file) => `${file}: process.env is read by libs/config alone`)).toEqual([]);
  });

  it('hold one idea each: at most 300 lines', () => {
    const long = files.filter((file) => readFileSync(join(ROOT, file), 'utf8').split('\n').length > 301);
    expect(long.map((file) => `${file} has more than 300 lines`)).toEqual([]);
  });

  it('are named after the domain: no utils, helpers, common, types', () => {
    const vague = files.filter((file) => /(^|\/)(utils?|helpers?|common|types|misc)(\/|\.ts$)/.test(file));
    expect(vague).toEqual([]);
  });

  it('have no barrel but a door', () => {
    const barrels = files.filter((file) => file.endsWith('/index.ts') && !/^libs\/[^/]+\/src\/index\.ts$/.test(file));
    expect(barrels).toEqual([]);
  });
});

/** The command line starts the apps: it may open their entry points, nothing else of theirs. */
function isEntry(file: string, target: string): boolean {
  return file.startsWith('apps/cli/') && /^apps\/(api|storage|worker)\/src\/main\.js$/.test(target);
}

function resolve(file: string, from: string): string {
  return relative(ROOT, join(ROOT, file, '..', from))
    .split(sep)
    .join('/')
    .replace(/\.js$/, '.ts');
}

function reaches(graph: ReadonlyMap<string, readonly string[]>, from: string, to: string): boolean {
  const seen = new Set<string>();
  const next = [...(graph.get(from) ?? [])];
  for (let file = next.pop(); file !== undefined; file = next.pop()) {
    if (file === to) return true;
    if (seen.has(file)) continue;
    seen.add(file);
    next.push(...(graph.get(file) ?? []));
  }
  return false;
}
