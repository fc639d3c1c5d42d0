export { createFindChecksums, type ChecksumDatabase, type FindChecksums } from './checksums.js';
export { findChecksums } from './find-checksums.js';
export { Ingest, type ZipAtHand } from './ingest.js';
export type { Receipt } from './receipt.js';
export { Room, type FreeBytes } from './room.js';
export { Scratch } from './scratch.js';
export { ZipChecker, type ZipReport } from './zip/zip-checker.js';
