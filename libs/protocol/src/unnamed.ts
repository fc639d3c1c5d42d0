import { matchPrefixPatterns } from './prefix-patterns.js';

/** The one module that the go command verifies whatever GONOSUMDB says (modfetch, useSumDB). */
const TOOLCHAIN = 'golang.org/toolchain';

/** Whether a module is named to no checksum database: it matches Go's glob patterns, separated by commas (GONOSUMDB). */
export function isUnnamed(module: string, patterns: string): boolean {
  return module !== TOOLCHAIN && matchPrefixPatterns(patterns, module);
}
