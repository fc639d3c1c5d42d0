import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Version {
  readonly name: string;
  readonly version: string;
  /** Node's version. */
  readonly node: string;
}

/** The version of this installation, from the package.json above this file. */
export function readVersion(): Version {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    try {
      const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
        name: string;
        version: string;
      };
      return { name, version, node: process.version };
    } catch (error) {
      if (folder === dirname(folder)) throw error;
    }
  }
}
