import { isCanonicalFor, parseInfo, parseList, printable, type Info, type ModuleVersion } from '#libs/protocol';
import { SourceFault } from './fault.js';

/** Bytes of a wrong version that a refusal repeats. */
const SHOWN = 100;

/** Reads a version list as it is. Throws SourceFault when it is a web page. */
export function readList(bytes: Buffer): string[] {
  if (isPage(bytes)) throw nonsense('a web page in place of the version list');
  return parseList(bytes.toString('utf8'));
}

/** Checks the `.info` of a canonical version, which has to say that very version. Throws SourceFault. */
export function checkInfo(bytes: Buffer, { version }: ModuleVersion): void {
  const info = readInfo(bytes);
  if (info.Version !== version)
    throw nonsense(`version ${printable(info.Version, SHOWN)} in place of the one asked for`);
}

/** Checks the `@latest` of a module or the `.info` of a revision, whose version is the upstream's choice. Throws SourceFault. */
export function checkResolution(bytes: Buffer, module: string): void {
  const info = readInfo(bytes);
  if (!isCanonicalFor(module, info.Version)) {
    throw nonsense(`version ${printable(info.Version, SHOWN)}, which this module can not have`);
  }
}

/** Checks that a `.mod` has a module directive, as every go.mod and every one made up by a proxy has. Throws SourceFault. */
export function checkMod(bytes: Buffer): void {
  // Anywhere: a go.mod may begin with comments, and the order of directives is free.
  if (isPage(bytes) || !/^[ \t\uFEFF]*module[ \t("`]/m.test(bytes.toString('utf8'))) {
    throw nonsense('a go.mod without a module directive');
  }
}

/** Checks the first bytes of a zip. Throws SourceFault. */
export function checkZip(start: Buffer): void {
  if (start.toString('latin1', 0, 2) !== 'PK') throw nonsense('something that is no zip');
}

function readInfo(bytes: Buffer): Info {
  const info = parseInfo(bytes);
  if (info === null) throw nonsense('something that is no version information');
  return info;
}

function isPage(bytes: Buffer): boolean {
  return /^\s*</.test(bytes.toString('latin1', 0, 512));
}

function nonsense(what: string): SourceFault {
  return new SourceFault('upstream', `the upstream answers with ${what}`);
}
