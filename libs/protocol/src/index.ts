export { LacksError, RefusalError, type Refusal, type RefusalKind } from './refusal.js';
export { REFUSAL_STATUS } from './refusal-status.js';
export type { ModuleFile, ModuleRequest, ModuleVersion, RevisionQuery } from './request.js';

export { printable } from './printable.js';
export { filePathFault, importPathFault, modulePathFault, splitPathVersion, type SplitPath } from './module-path.js';
export { escapePath, escapeVersion, unescapePath, unescapeVersion } from './escape.js';
export { canonicalVersion, isCanonicalFor, versionFault } from './version.js';
export { compareVersions, isPrerelease, isSemver } from './semver.js';
export { isPseudoVersion } from './pseudo-version.js';
export { isGlob } from './glob.js';
export { matchPrefixPatterns } from './prefix-patterns.js';
export { isUnnamed } from './unnamed.js';

export { parseModuleRequest } from './module-request.js';
export { parseSumdbRequest, type SumdbRequest } from './sumdb-request.js';

export { formatInfo, parseInfo, type Info } from './info.js';
export { infoFault, isWebPage, modFault, resolutionFault } from './version-file.js';
export { chooseLatest, filterLongList, filterVersions, formatList, parseList } from './list.js';
export { synthesizedMod } from './go-mod.js';
export { resolveLatest } from './latest.js';
export { retractedBy } from './retraction.js';
export { formatRfc3339, parseRfc3339 } from './rfc3339.js';

export { errorCode, isLackOfRoom } from './error-code.js';
export { GatheredBytes } from './gathered-bytes.js';
export { SingleFlight } from './single-flight.js';
export { untilAborted } from './until-aborted.js';
