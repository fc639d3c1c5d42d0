import { MemoryObjectStore, ObjectModuleStore } from '#libs/storage';
import { describeModuleStore } from './conformance/module-store.js';
import { describeObjectStore } from './conformance/object-store.js';

describeObjectStore('MemoryObjectStore', {
  takesLargeObjects: false,
  open: async () => new MemoryObjectStore(),
  remove: async () => {},
});

describeModuleStore('ObjectModuleStore on MemoryObjectStore', {
  open: async () => new ObjectModuleStore(new MemoryObjectStore()),
  remove: async () => {},
});
