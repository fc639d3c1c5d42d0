export { SumdbArchive, type SumdbAnswer } from './sumdb-archive.js';
