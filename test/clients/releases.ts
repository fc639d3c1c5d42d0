import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A go command that is tested. */
export interface Release {
  /** `1.21.13`; null for the one on the PATH. */
  readonly version: string | null;
  /** As tests name it. */
  readonly name: string;
  /** Whether it can switch to another release by itself, as all can since go 1.21. */
  readonly switches: boolean;
}

const VERSIONS = readFileSync(fileURLToPath(new URL('releases', import.meta.url)), 'utf8')
  .trim()
  .split('\n');

/** All releases of the table `test/clients/releases`, which bin/setup fetches, and the installed go. */
export const RELEASES: readonly Release[] = [
  ...VERSIONS.map((version) => ({ version, name: `go ${version}`, switches: Number(version.split('.')[1]) >= 21 })),
  { version: null, name: 'the installed go', switches: true },
];

/** The folder of the releases, which is kept between runs. */
export function releasesFolder(): string {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  return process.env['STOA_TEST_GO'] ?? join(cache, 'stoa', 'go');
}

/** A PATH on which `go` is the release. Throws one line that says how to get it when it is not there. */
export function pathOf({ version }: Release): string {
  const path = process.env['PATH'] ?? '';
  if (version === null) return path;
  const goroot = join(releasesFolder(), `go${version}`);
  if (!existsSync(join(goroot, 'bin', 'go'))) {
    throw new Error(
      `no go ${version} at ${goroot}: "npm test" fetches it (1.19 with apt-get on Debian 12), or put its GOROOT there`,
    );
  }
  return `${join(goroot, 'bin')}${delimiter}${path}`;
}
