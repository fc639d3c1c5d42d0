export type { ModuleStore, MetaStore } from './module-store.js';
export type {
  ByteRange,
  ObjectBody,
  ObjectEntry,
  ObjectSource,
  ObjectStat,
  ObjectStore,
  PutOptions,
  Tier,
} from './object-store.js';
