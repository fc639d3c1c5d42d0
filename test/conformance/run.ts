import { parseArgs } from 'node:util';
import { escapePath, escapeVersion } from '#libs/protocol';
import { play, type Site } from './play.js';
import { ROOMS } from './table.js';

/*
 * Holds the table against any server: `npm run conformance -- --base http://localhost:3000`. The rooms that need
 * nothing of the server run; with `--module rsc.io/quote@v1.5.2`, which it must serve, those that need a module too.
 * The rooms that need our fixtures run in `npm test` alone.
 */

const USAGE = 'usage: npm run conformance -- --base URL [--module path@version]';

/** Reads the command line; null when it makes no sense. */
function readSite(): { site: Site; hasModule: boolean } | null {
  try {
    const { base, module } = parseArgs({ options: { base: { type: 'string' }, module: { type: 'string' } } }).values;
    if (base === undefined) return null;
    const [path = '', version = ''] = (module ?? 'example.com/x@v1.0.0').split('@');
    const site = { base: new URL(base), module: escapePath(path), version: escapeVersion(version), secrets: [] };
    return { site, hasModule: module !== undefined };
  } catch (error) {
    console.error(String(error));
    return null;
  }
}

async function run({ site, hasModule }: { site: Site; hasModule: boolean }): Promise<void> {
  const rooms = ROOMS.filter(({ needs }) => needs === 'nothing' || (needs === 'module' && hasModule));
  const left = ROOMS.filter((room) => !rooms.includes(room));
  let passed = 0;
  let failed = 0;
  for (const { title, rows } of rooms) {
    for (const row of rows) {
      const faults = await play(row, site).catch((error: unknown) => [String(error)]);
      if (faults.length === 0) passed++;
      else {
        failed++;
        console.log(`${title}: ${row.rule}: ${faults.join('; ')}`);
      }
    }
  }
  const not = left.map(
    ({ title, needs, rows }) => `${rows.length} of "${title}" (need ${needs === 'module' ? '--module' : needs})`,
  );
  console.log(`not run: ${not.join(', ')}`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}

const asked = readSite();
if (asked) await run(asked);
else {
  console.error(USAGE);
  process.exitCode = 2;
}
