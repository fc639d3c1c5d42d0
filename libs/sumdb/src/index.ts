export { SumdbArchive, type SumdbAnswer } from './sumdb-archive.js';
export { SumdbClient, type Checksums, type Remote, type SumdbClientParts } from './sumdb-client.js';
