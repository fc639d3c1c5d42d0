import { infoFault, isWebPage, modFault, parseList, resolutionFault, type ModuleVersion } from '#libs/protocol';
import { SourceFault } from './fault.js';

/** Reads a version list as it is. Throws SourceFault when it is a web page. */
export function readList(bytes: Buffer): string[] {
  if (isWebPage(bytes)) throw nonsense('a web page in place of the version list');
  return parseList(bytes.toString('utf8'));
}

/** Checks the `.info` of a canonical version. Throws SourceFault. */
export function checkInfo(bytes: Buffer, version: ModuleVersion): void {
  check(infoFault(bytes, version));
}

/** Checks the `@latest` of a module or the `.info` of a revision, whose version is the upstream's choice. Throws SourceFault. */
export function checkResolution(bytes: Buffer, module: string): void {
  check(resolutionFault(bytes, module));
}

/** Checks a `.mod`. Throws SourceFault. */
export function checkMod(bytes: Buffer): void {
  check(modFault(bytes));
}

/** Checks the first bytes of a zip. Throws SourceFault. */
export function checkZip(start: Buffer): void {
  if (start.toString('latin1', 0, 2) !== 'PK') throw nonsense('something that is no zip');
}

function check(fault: string | null): void {
  if (fault !== null) throw nonsense(fault);
}

function nonsense(what: string): SourceFault {
  return new SourceFault('upstream', `the upstream answers with ${what}`);
}
