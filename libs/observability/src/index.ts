export { BatchThread, type Settled } from './batch-thread.js';
export { Health, type HealthCheck, type Readiness } from './health.js';
export { stopOnSignal, tellReady, type ReadyMessage, type Stoppable } from './lifecycle.js';
export { createLogger, NestLog, type Logger } from './logger.js';
export { Metrics } from './metrics.js';
export { closeWhenIdle, createOpsServer, listen } from './ops-server.js';
export { registerProbes } from './probes.js';
export { readVersion, type Version } from './version.js';
export { WorkerThread } from './worker-thread.js';
