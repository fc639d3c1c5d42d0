import { hash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashFiles } from '../../libs/ingest/src/h1.js';
import { moduleZip, type Files } from '../support/module-zip.js';
import type { Kit } from './kit.js';

const MODULES = 300;
const VERSION = 'v1.0.0';

/** Puts made-up modules beside those of the kit, once, and gives the kit whose list asks for them as a build would. */
export function otherProject(kit: Kit): Kit {
  const list = join(kit.modules, '..', 'other-project.list');
  if (!existsSync(list)) {
    const modules = Array.from({ length: MODULES }, (_, at) => `other.example/team${at % 20}/module${at}`);
    for (const module of modules) makeModule(kit, module);
    const paths = (kind: string): string[] => modules.map((module) => `/${module}/@v/${VERSION}.${kind}\n`);
    const zips = modules.map((_, at) => paths('info')[at]! + paths('zip')[at]!);
    writeFileSync(list, [...paths('mod'), ...zips].join(''));
  }
  return { ...kit, list };
}

function makeModule(kit: Kit, module: string): void {
  const folder = join(kit.modules, module, '@v');
  const files = {
    'go.mod': `module ${module}\n\ngo 1.22\n`,
    ...Object.fromEntries(
      Array.from({ length: 20 }, (_, at) => [
        `file${at}.go`,
        `package other // ${randomBytes(1000).toString('hex')}\n`,
      ]),
    ),
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${VERSION}.mod`), files['go.mod']);
  writeFileSync(join(folder, `${VERSION}.info`), JSON.stringify({ Version: VERSION, Time: '2024-01-02T03:04:05Z' }));
  writeFileSync(join(folder, `${VERSION}.zip`), moduleZip({ module, version: VERSION }, files));
  writeFileSync(join(folder, `${VERSION}.ziphash`), h1(files, `${module}@${VERSION}/`));
}

/** The hash that the upstream's database answers with. */
function h1(files: Files, prefix: string): string {
  return hashFiles(
    Object.entries(files).map(([name, data]) => ({ name: prefix + name, sha256: hash('sha256', data) })),
  );
}
