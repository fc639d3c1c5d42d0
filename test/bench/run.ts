// npm run bench: prints the figures, each as a ratio to something measured in the same run. It passes no verdict.
import { cold } from './cold.js';
import { prepareKit } from './kit.js';
import { oneZip } from './one-zip.js';
import { hits } from './hits.js';
import { importVersions } from './import.js';
import { secondVersion } from './second-version.js';

const kit = await prepareKit();
for (const scenario of [cold, oneZip, secondVersion, hits, importVersions]) await scenario(kit);
