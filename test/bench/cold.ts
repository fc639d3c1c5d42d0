import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack } from '../support/stack.js';
import { median, peakMemory, replay, Upsim, type Kit } from './kit.js';
import { otherProject } from './other-project.js';

const ROUNDS = 3;

/**
 * A cold project over a 20 ms upstream, and warm again, beside the upstream itself: without and with its checksums
 * verified; by processes that have just started, and by such as have served another project, whose code the engine has
 * compiled.
 */
export async function cold(kit: Kit): Promise<void> {
  // Removed at the end: a file system (ext4) is slow to make files for minutes where many were just removed.
  const parent = mkdtempSync(join(tmpdir(), 'stoa-bench-'));
  for (const verified of [false, true])
    for (const served of [false, true]) await project(kit, parent, verified, served);
  rmSync(parent, { recursive: true, force: true });
}

async function project(kit: Kit, parent: string, verified: boolean, served: boolean): Promise<void> {
  const seconds = { upstream: [] as number[], cold: [] as number[], warm: [] as number[] };
  let memory = '';
  for (let round = 0; round < ROUNDS; round++) {
    // A new one each time: its database begins empty, and learns a version when it is first asked.
    const upsim = await Upsim.start(kit, '20ms');
    const env = { GOPROXY: upsim.url, ...(verified ? { GOSUMDB: upsim.gosumdb } : {}) };
    const stack = await startStack({ env, parent, log: false });
    if (served) await replay(otherProject(kit), stack.url);
    seconds.upstream.push(await replay(kit, upsim.url));
    seconds.cold.push(await replay(kit, stack.url));
    seconds.warm.push(await replay(kit, stack.url));
    memory = `gateway ${peakMemory(stack.gateways[0]!.pid)} MiB, worker ${peakMemory(stack.workers[0]!.pid)} MiB at most`;
    await stack.close();
    await upsim.stop();
  }
  const [upstream, first, again] = [median(seconds.upstream), median(seconds.cold), median(seconds.warm)];
  const name = `cold project${verified ? ', verified' : ''}, ${served ? 'after another one' : 'processes just started'}`;
  console.log(
    `${name}, 20 ms upstream: ${first.toFixed(2)} s, the upstream itself ${upstream.toFixed(2)} s: ratio ${(first / upstream).toFixed(2)} (median of ${ROUNDS}); warm ${again.toFixed(2)} s; ${memory}`,
  );
}
