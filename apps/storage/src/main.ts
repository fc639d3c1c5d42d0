import type { LoadedConfig } from '#libs/config';
import { Scratch } from '#libs/ingest';
import { createLogger, createOpsServer, Health, listen, Metrics, stopOnSignal, tellReady } from '#libs/observability';
import { openStorage } from '#libs/storage';
import { Drain } from './drain.js';
import { createStorageServer } from './server.js';

/** Runs a storage server until it is told to stop. Throws when it can't start. */
export async function runStorage({ config, warnings }: LoadedConfig): Promise<void> {
  const log = await createLogger(config, 'storage');
  for (const warning of warnings) log.warn(warning);
  const metrics = new Metrics();
  // Nothing kept in memory: others may write to the same storage.
  const { objects, modules } = await openStorage(config, metrics, { writes: true });
  const scratch = new Scratch(config.dataDir);
  await scratch.open();
  const health = new Health({ storage: { critical: true, check: () => objects.check() } });
  const server = createStorageServer({ objects, modules, scratch, token: config.storageToken, log, metrics, health });
  const drain = new Drain(server, { health, log });
  const ops = await createOpsServer(metrics, health);
  const opsUrl = await listen(ops, config.opsListen);
  const url = await listen(server, config.listen);
  log.info({ url, ops: opsUrl, storage: config.storage.kind, token: config.storageToken !== undefined }, 'serving');
  tellReady({ url, ops: opsUrl });

  stopOnSignal({
    log,
    grace: config.shutdownGrace,
    // Balancers are told first; then transfers finish.
    stop: async () => {
      await drain.end(config.shutdownGrace);
      await scratch.close();
      await objects.close();
      await ops.close();
    },
  });
}
