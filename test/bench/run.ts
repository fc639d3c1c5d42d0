// npm run bench: prints the figures, each as a ratio to something measured in the same run. It passes no verdict.
import { cold } from './cold.js';
import { prepareKit } from './kit.js';
import { memoryCost } from './memory-cost.js';
import { oneOutcome } from './one-outcome.js';
import { oneZip } from './one-zip.js';
import { hits } from './hits.js';
import { importVersions } from './import.js';
import { largeZips } from './large-zips.js';
import { moreWorkers } from './more-workers.js';
import { secondVersion } from './second-version.js';
import { tieredHits } from './tiers.js';

const kit = await prepareKit();
const scenarios = [
  cold,
  oneZip,
  oneOutcome,
  secondVersion,
  moreWorkers,
  hits,
  tieredHits,
  largeZips,
  memoryCost,
  importVersions,
];
for (const scenario of scenarios) await scenario(kit);
