import { randomBytes } from 'node:crypto';
import { GitHost } from '../support/git-host.js';
import type { GitStep } from '../support/git-repository.js';
import { startStack } from '../support/stack.js';
import { median } from './kit.js';

const MODULE = 'example.com/big';
const ROUNDS = 3;
const COMMITS = 150;
/** What each commit adds, in bytes that don't compress: 16 MB in all. */
const ADDED = 16_000_000 / COMMITS;
/** Bytes a second that the host sends: 80 Mbit. On loopback a transfer costs next to nothing, and the figure says nothing. */
const BANDWIDTH = 10_000_000;

/** The second version of a git repository of 16 MB through `direct`, beside the first. */
export async function secondVersion(): Promise<void> {
  const host = await GitHost.start({ bandwidth: BANDWIDTH });
  await host.createRepo(MODULE, history());
  const seconds = { first: [] as number[], second: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    const stack = await startStack({ env: { GOPROXY: 'direct', STOA_GO_ENV: host.goEnvSetting }, log: false });
    seconds.first.push(await fetchZip(`${stack.url}/${MODULE}/@v/v1.0.0.zip`));
    seconds.second.push(await fetchZip(`${stack.url}/${MODULE}/@v/v1.1.0.zip`));
    await stack.close();
  }
  await host.close();
  const [first, second] = [median(seconds.first), median(seconds.second)];
  console.log(
    `a git repository of 16 MB through direct, 10 MB/s: first version ${first.toFixed(2)} s, second ${second.toFixed(2)} s: ratio ${(second / first).toFixed(2)} (median of ${ROUNDS})`,
  );
}

/** The first version is the commit before the last, the second one the last. */
function history(): GitStep[] {
  return Array.from({ length: COMMITS }, (_, index) => ({
    files: {
      ...(index === 0 ? { 'go.mod': `module ${MODULE}\n` } : {}),
      // Base64 has six bits in a byte, and git compresses them to six.
      [`data/${index}.txt`]: randomBytes(Math.round(ADDED)).toString('base64'),
    },
    tags: index === COMMITS - 2 ? ['v1.0.0'] : index === COMMITS - 1 ? ['v1.1.0'] : [],
  }));
}

async function fetchZip(url: string): Promise<number> {
  const started = performance.now();
  const response = await fetch(url);
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return (performance.now() - started) / 1000;
}
