import { moreWorkers } from './more-workers.js';
await moreWorkers();
