import { randomBytes } from 'node:crypto';
import { GitHost } from '../support/git-host.js';
import type { GitStep } from '../support/git-repository.js';
import { goClient } from '../support/go.js';
import { startStack } from '../support/stack.js';
import { median } from './kit.js';

const MODULE = 'example.com/big';
const ROUNDS = 3;
const COMMITS = 150;
/** What each commit adds, in bytes that don't compress: 16 MB in all. */
const ADDED = 16_000_000 / COMMITS;
/**
 * Bytes a second that the host sends: 80 and 40 Mbit. On loopback a transfer costs next to nothing, and the figure says
 * nothing: what go and git do with the files of either version takes two seconds of CPU time.
 */
const BANDWIDTHS = [10_000_000, 5_000_000] as const;

/** The second version of a git repository of 16 MB through `direct`, beside the first, and beside the go command alone. */
export async function secondVersion(): Promise<void> {
  for (const bandwidth of BANDWIDTHS) {
    const host = await GitHost.start({ bandwidth });
    await host.createRepo(MODULE, history());
    const ours = [];
    const gos = [];
    for (let round = 0; round < ROUNDS; round++) {
      ours.push(await throughStoa(host));
      gos.push(await throughGo(host));
    }
    await host.close();
    console.log(
      `a git repository of 16 MB through direct, ${bandwidth / 1e6} MB/s: ${told(ours)}; go mod download alone ${told(gos)} (median of ${ROUNDS})`,
    );
  }
}

interface Pair {
  /** Seconds. */
  readonly first: number;
  readonly second: number;
}

function told(pairs: readonly Pair[]): string {
  const [first, second] = [median(pairs.map((pair) => pair.first)), median(pairs.map((pair) => pair.second))];
  return `first version ${first.toFixed(2)} s, second ${second.toFixed(2)} s: ratio ${(second / first).toFixed(2)}`;
}

async function throughStoa(host: GitHost): Promise<Pair> {
  const stack = await startStack({ env: { GOPROXY: 'direct', STOA_GO_ENV: host.goEnvSetting }, log: false });
  const first = await fetchZip(`${stack.url}/${MODULE}/@v/v1.0.0.zip`);
  const second = await fetchZip(`${stack.url}/${MODULE}/@v/v1.1.0.zip`);
  await stack.close();
  return { first, second };
}

async function throughGo(host: GitHost): Promise<Pair> {
  const go = await goClient({ ...host.env, GOPROXY: 'direct', GOSUMDB: 'off' });
  const download = async (version: string): Promise<number> => {
    const started = performance.now();
    const { code, stderr } = await go.run(['mod', 'download', `${MODULE}@${version}`]);
    if (code !== 0) throw new Error(stderr);
    return (performance.now() - started) / 1000;
  };
  const first = await download('v1.0.0');
  const second = await download('v1.1.0');
  await go.close();
  return { first, second };
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
