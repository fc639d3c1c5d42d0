import { moduleZip, type Files } from './module-zip.js';

/** The `.info` of a version as an upstream writes it. */
export function infoOf(version: string): string {
  return JSON.stringify({ Version: version, Time: '2024-01-02T03:04:05Z' });
}

/** The files of a version, as Athens keeps them on disk and on MinIO. */
export function athensFiles(module: string, version: string): Files {
  const folder = `${module}/${version}`;
  const { info, mod, zip } = contentsOf(module, version);
  return { [`${folder}/go.mod`]: mod, [`${folder}/source.zip`]: zip, [`${folder}/${version}.info`]: info };
}

/** The same as Athens keeps them on S3, which is the file tree of a GOPROXY. */
export function treeFiles(module: string, version: string): Files {
  const start = `${module}/@v/${version}`;
  const { info, mod, zip } = contentsOf(module, version);
  return { [`${start}.mod`]: mod, [`${start}.zip`]: zip, [`${start}.info`]: info };
}

function contentsOf(module: string, version: string) {
  const mod = `module ${module}\n`;
  const zip = moduleZip({ module, version }, { 'go.mod': mod, 'a.go': 'package a\n' });
  return { info: infoOf(version), mod, zip };
}
