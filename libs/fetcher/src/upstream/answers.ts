import {
  infoFault,
  isCanonicalFor,
  isWebPage,
  modFault,
  parseInfo,
  parseList,
  printable,
  type ModuleVersion,
} from '#libs/protocol';
import { SourceFault } from './fault.js';

/** Bytes of a wrong version that a refusal repeats. */
const SHOWN = 100;

/** Reads a version list as it is. Throws SourceFault when it is a web page. */
export function readList(bytes: Buffer): string[] {
  if (isWebPage(bytes)) throw nonsense('a web page in place of the version list');
  return parseList(bytes.toString('utf8'));
}

/** Checks the `.info` of a canonical version. Throws SourceFault. */
export function checkInfo(bytes: Buffer, version: ModuleVersion): void {
  const fault = infoFault(bytes, version);
  if (fault !== null) throw nonsense(fault);
}

/** Checks the `@latest` of a module or the `.info` of a revision, whose version is the upstream's choice. Throws SourceFault. */
export function checkResolution(bytes: Buffer, module: string): void {
  const info = parseInfo(bytes);
  if (info === null) throw nonsense('something that is no version information');
  if (!isCanonicalFor(module, info.Version)) {
    throw nonsense(`version ${printable(info.Version, SHOWN)}, which this module can not have`);
  }
}

/** Checks a `.mod`. Throws SourceFault. */
export function checkMod(bytes: Buffer): void {
  const fault = modFault(bytes);
  if (fault !== null) throw nonsense(fault);
}

/** Checks the first bytes of a zip. Throws SourceFault. */
export function checkZip(start: Buffer): void {
  if (start.toString('latin1', 0, 2) !== 'PK') throw nonsense('something that is no zip');
}

function nonsense(what: string): SourceFault {
  return new SourceFault('upstream', `the upstream answers with ${what}`);
}
