import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack } from '../support/stack.js';
import { peakMemory, replay, Upsim, type Kit } from './kit.js';

const CLIENTS = 200;
const ZIP = '/google.golang.org/api/@v/v0.284.0.zip';

/** Many clients on one cold zip of 46 MB. */
export async function oneZip(kit: Kit): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'stoa-bench-'));
  const list = join(folder, 'list');
  writeFileSync(list, `${ZIP}\n`.repeat(CLIENTS));
  const upsim = await Upsim.start(kit, '20ms');
  const stack = await startStack({ env: { GOPROXY: upsim.url }, log: false });
  const seconds = await replay({ ...kit, list }, stack.url, CLIENTS);
  const fetches = (await upsim.counts())[ZIP] ?? 0;
  console.log(
    `${CLIENTS} clients, one cold zip of 46 MB: ${seconds.toFixed(1)} s, no failure, ${fetches} upstream fetch, ` +
      `gateway ${peakMemory(stack.gateways[0]!.pid)} MiB, worker ${peakMemory(stack.workers[0]!.pid)} MiB at most`,
  );
  await stack.close();
  await upsim.stop();
  rmSync(folder, { recursive: true, force: true });
}
