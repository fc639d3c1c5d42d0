export type { MetaStore, ModuleStore } from './module-store.js';
export type {
  ByteRange,
  ObjectBody,
  ObjectEntry,
  ObjectSource,
  ObjectStat,
  ObjectStore,
  PutOptions,
  SmallPut,
  Tier,
} from './object-store.js';
export { putInTurn } from './put-in-turn.js';
export { ageOf } from './age.js';
export { readBody } from './body.js';
export { KeyError } from './key.js';
export { cutPart, readPart, type Choose, type ObjectPart, type SmallObject } from './part.js';
export { openBucket, openStorage, type Storage } from './compose.js';
export { DiskTier } from './disk-tier.js';
export { FsObjectStore } from './fs/fs.object-store.js';
export { makeRoot } from './fs/folders.js';
export { removeUnfinished, strangeUnfinished } from './fs/unfinished.js';
export { MemoryObjectStore } from './memory/memory.object-store.js';
export { MemoryTier } from './memory-tier.js';
export { MeteredObjectStore } from './metered.object-store.js';
export {
  INDEX_FOLDER,
  INDEX_HOLD_BACK,
  indexKey,
  isMutableKey,
  META_FOLDER,
  moduleKey,
  modulePrefix,
  MODULES_START,
  parseIndexKey,
  parseModuleKey,
  parseQueryKey,
  parseReceiptKey,
  QUARANTINE_FOLDER,
  quarantineKey,
  QUERIES_FOLDER,
  queriesFolder,
  queryKey,
  RECEIPTS_FOLDER,
  receiptKey,
  receiptsFolder,
  refusedKey,
  sumdbKey,
} from './tree/keys.js';
export { ObjectMetaStore } from './tree/object.meta-store.js';
export { ObjectModuleStore } from './tree/object.module-store.js';
export { readStoredList } from './tree/stored-list.js';
