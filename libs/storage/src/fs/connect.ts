import type { Connect } from '../adapter.js';
import { FsObjectStore } from './fs.object-store.js';

/** Connects to a folder, which `open` makes when it is absent. */
export const connect: Connect<'fs'> = ({ root }, use) => ({
  store: new FsObjectStore({ root, ...use }),
  origin: null,
  folders: [root],
});
