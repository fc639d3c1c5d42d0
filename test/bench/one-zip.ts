import { startStack } from '../support/stack.js';
import { peakMemory, Upsim, type Kit } from './kit.js';

const CLIENTS = 200;
const ZIP = '/google.golang.org/api/@v/v0.284.0.zip';

/** Many clients on one cold zip of 46 MB. */
export async function oneZip(kit: Kit): Promise<void> {
  const upsim = await Upsim.start(kit, '20ms');
  const stack = await startStack({ env: { GOPROXY: upsim.url } });
  const started = performance.now();
  const sizes = await Promise.all(Array.from({ length: CLIENTS }, () => download(`${stack.url}${ZIP}`)));
  const seconds = (performance.now() - started) / 1000;
  const fetches = (await upsim.counts())[ZIP] ?? 0;
  const failed = sizes.filter((size) => size === null || size !== sizes[0]).length;
  console.log(
    `${CLIENTS} clients, one cold zip of ${((sizes[0] ?? 0) / 1e6).toFixed(0)} MB: ${seconds.toFixed(1)} s, ${fetches} upstream fetch, ${failed} failed, ` +
      `gateway ${peakMemory(stack.gateways[0]!.pid)} MiB, worker ${peakMemory(stack.workers[0]!.pid)} MiB at most`,
  );
  await stack.close();
  await upsim.stop();
}

/** Reads an answer without keeping it; its size, or null when it failed. */
async function download(url: string): Promise<number | null> {
  const response = await fetch(url);
  if (response.status !== 200 || !response.body) return null;
  let size = 0;
  for await (const chunk of response.body) size += (chunk as Uint8Array).length;
  return size;
}
