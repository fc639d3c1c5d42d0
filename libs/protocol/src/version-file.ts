import { parseInfo } from './info.js';
import { printable } from './printable.js';
import type { ModuleVersion } from './request.js';
import { isCanonicalFor } from './version.js';

/** Bytes of a wrong version that a reason repeats. */
const SHOWN = 100;

/**
 * Tells what stands in place of the `.info` of a canonical version, which has to say that very version; null: nothing is
 * wrong with it.
 */
export function infoFault(bytes: Buffer, { version }: ModuleVersion): string | null {
  return versionFaultOf(bytes, (named) => (named === version ? null : ' in place of the one asked for'));
}

/** Tells the same of an `@latest`, or the `.info` of a revision, whose version is the upstream's choice. */
export function resolutionFault(bytes: Buffer, module: string): string | null {
  return versionFaultOf(bytes, (named) => (isCanonicalFor(module, named) ? null : ', which this module can not have'));
}

/** Tells what stands in place of a `.mod`: every one has a module directive, those that a proxy makes up too. */
export function modFault(bytes: Buffer): string | null {
  // Anywhere: a go.mod may begin with comments, and the order of directives is free.
  const isMod = !isWebPage(bytes) && /^[ \t\uFEFF]*module[ \t("`]/m.test(bytes.toString('utf8'));
  return isMod ? null : 'a go.mod without a module directive';
}

/** Whether something that should be a text of the protocol is a web page. */
export function isWebPage(bytes: Buffer): boolean {
  return /^\s*</.test(bytes.toString('latin1', 0, 512));
}

function versionFaultOf(bytes: Buffer, faultOf: (version: string) => string | null): string | null {
  const info = parseInfo(bytes);
  if (info === null) return 'something that is no version information';
  const fault = faultOf(info.Version);
  return fault === null ? null : `version ${printable(info.Version, SHOWN)}${fault}`;
}
