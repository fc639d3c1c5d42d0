import { startStack } from '../support/stack.js';
import { median, peakMemory, replay, Upsim, type Kit } from './kit.js';

const ROUNDS = 3;

/** A cold project over a 20 ms upstream, and warm again, beside the upstream itself. */
export async function cold(kit: Kit): Promise<void> {
  const upsim = await Upsim.start(kit, '20ms');
  const seconds = { upstream: [] as number[], cold: [] as number[], warm: [] as number[] };
  let memory = '';
  for (let round = 0; round < ROUNDS; round++) {
    const stack = await startStack({ env: { GOPROXY: upsim.url }, log: false });
    seconds.upstream.push(await replay(kit, upsim.url));
    seconds.cold.push(await replay(kit, stack.url));
    seconds.warm.push(await replay(kit, stack.url));
    memory = `gateway ${peakMemory(stack.gateways[0]!.pid)} MiB, worker ${peakMemory(stack.workers[0]!.pid)} MiB at most`;
    await stack.close();
  }
  await upsim.stop();
  const [upstream, first, again] = [median(seconds.upstream), median(seconds.cold), median(seconds.warm)];
  console.log(
    `cold project, 20 ms upstream: ${first.toFixed(2)} s, the upstream itself ${upstream.toFixed(2)} s: ratio ${(first / upstream).toFixed(2)} (median of ${ROUNDS})`,
  );
  console.log(`warm project: ${again.toFixed(2)} s; ${memory}`);
}
