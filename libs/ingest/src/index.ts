export { Ingest } from './ingest.js';
export type { Receipt } from './receipt.js';
export { Scratch } from './scratch.js';
export { ZipChecker, type ZipReport } from './zip/zip-checker.js';
