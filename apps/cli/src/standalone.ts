import { once } from 'node:events';
import { rmSync } from 'node:fs';
import type { Environment } from '#libs/config';
import { appRecipe } from './app-recipe.js';
import { DataDirClaim } from './data-dir-claim.js';
import { checkFree } from './free-listeners.js';
import { readGoDefaults } from './go-defaults.js';
import { endLeftovers } from './leftovers.js';
import { Member } from './member.js';
import { makeSocketFolder, privateRedisRecipe, privateRedisUrl } from './private-redis.js';
import { say, sayReady } from './say.js';
import { planStandalone, type StandalonePlan } from './standalone-plan.js';
import { watchStopSignals, type StopSignals } from './stop-signals.js';

/** Milliseconds past the grace after which what still runs is killed: a second after the apps cut themselves off. */
const CUT_OFF = 6_000;

/**
 * Runs a gateway, a worker and, where the user named none, a Redis, until a signal says stop; in that order:
 * 1. read the settings as both apps will, 2. claim the data dir and end what a crash left in it, 3. see that the
 * listeners are free, 4. start Redis, then both apps, 5. wait for the signal, 6. stop all in the reverse order.
 * Returns the exit code. Throws ConfigError and ExpectedFailure; nothing is left running then either.
 */
export async function runStandalone(env: Environment): Promise<number> {
  const signals = watchStopSignals();
  const goDefaults = await readGoDefaults(env);
  const plan = planStandalone(env, goDefaults);
  const { claim, leftover } = DataDirClaim.take(plan.dataDir);
  const socketFolder = makeSocketFolder();
  try {
    if (leftover) await endLeftovers(leftover);
    claim.record({ members: {}, socketFolder });
    await checkFree(plan.listeners);
    return await serve(new Standalone(plan, claim, socketFolder), plan, signals);
  } finally {
    rmSync(socketFolder, { recursive: true, force: true });
    claim.release();
  }
}

async function serve(standalone: Standalone, plan: StandalonePlan, { stop, force }: StopSignals): Promise<number> {
  const limit = (): AbortSignal => AbortSignal.any([AbortSignal.timeout(plan.grace + CUT_OFF), force]);
  try {
    const url = await Promise.race([standalone.start(), aborted(stop)]);
    if (url !== null) sayReady(url, plan.dataDir);
  } catch (error) {
    await standalone.stop(limit());
    throw error;
  }
  await aborted(stop);
  say(`${String(stop.reason)}: stopping (once more to stop at once)`);
  const cutOff = limit();
  await standalone.stop(cutOff);
  say('stopped');
  return cutOff.aborted ? 1 : 0;
}

async function aborted(signal: AbortSignal): Promise<null> {
  if (!signal.aborted) await once(signal, 'abort');
  return null;
}

/** The processes of one standalone. */
class Standalone {
  private readonly redis: Member | null;
  private readonly gateway: Member;
  private readonly worker: Member;
  private readonly gatewayUrl: () => string;

  constructor(plan: StandalonePlan, claim: DataDirClaim, socketFolder: string) {
    const started = (name: string, pid: number): void => claim.recordMember(name, pid);
    const redisUrl = plan.privateRedis ? { STOA_REDIS_URL: privateRedisUrl(socketFolder) } : {};
    const gateway = appRecipe('the gateway', 'api', { ...plan.gatewayEnv, ...redisUrl });
    const worker = appRecipe('the worker', 'worker', { ...plan.workerEnv, ...redisUrl });
    this.redis = plan.privateRedis
      ? new Member(privateRedisRecipe(plan.gatewayEnv, plan.redisFolder, socketFolder), started)
      : null;
    this.gateway = new Member(gateway, started);
    this.worker = new Member(worker, started);
    this.gatewayUrl = () => gateway.url;
  }

  /** Starts all and returns the URL of the gateway. Throws ExpectedFailure when one of them can't start. */
  async start(): Promise<string> {
    if (this.redis) {
      say('starting a private Redis, a gateway and a worker');
      await this.redis.start();
    } else say('starting a gateway and a worker');
    await Promise.all([this.gateway.start(), this.worker.start()]);
    return this.gatewayUrl();
  }

  /** Stops the gateway while the worker still does what its clients wait for, then the worker, then Redis. */
  async stop(cutOff: AbortSignal): Promise<void> {
    await this.gateway.stop(cutOff);
    await this.worker.stop(cutOff);
    await this.redis?.stop(cutOff);
  }
}
