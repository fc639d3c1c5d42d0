export { RefusalError, type Refusal, type RefusalKind } from './refusal.js';
export type { ModuleFile, ModuleRequest, ModuleVersion, RevisionQuery } from './request.js';
