export { SumdbArchive, type SumdbAnswer } from './sumdb-archive.js';
export { SumdbClient, type SumdbClientParts } from './sumdb-client.js';
export { Sumdbs, type AskDatabase } from './sumdbs.js';
export type { Checksums } from './lookup.js';
export type { Remote } from './remote.js';
