import { mkdirSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'undici';
import { dirname } from 'node:path';
import { metric } from '../support/ask.js';
import { startStack, type Stack } from '../support/stack.js';
import { storedPath } from '../support/storage-folder.js';
import { residentMemory } from './kit.js';

const MIB = 1024 * 1024;
const KINDS = [
  { name: '.info of 100 bytes', suffix: 'info', bytes: 100, count: 60_000 },
  { name: 'zips of 18 kB', suffix: 'zip', bytes: 18_000, count: 4_000 },
  { name: 'zips of 900 kB', suffix: 'zip', bytes: 900_000, count: 90 },
] as const;
/** Requests at once: few, so that what is under way is not what is measured. */
const AT_ONCE = 8;

/**
 * What a full memory tier of 64 MiB costs of a gateway's resident memory, beside a gateway that answered as many
 * requests for one and the same file.
 */
export async function memoryCost(): Promise<void> {
  for (const { name, suffix, bytes, count } of KINDS) {
    const stack = await startStack({ gateways: 2, workers: 0, env: { GOPROXY: 'off' }, log: false });
    const keys = Array.from({ length: count }, (_, n) => `example.com/organisation/module-${n}/@v/v1.0.0.${suffix}`);
    const content = Buffer.alloc(bytes, 1);
    for (const key of keys) {
      const path = storedPath(stack, key);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    }
    const costs = [await grow(stack, 0, keys), await grow(stack, 1, Array<string>(count).fill(keys[0] ?? ''))];
    const counted = await metric(stack.gateways[0]!.ops, 'stoa_cache_bytes', { tier: 'memory' });
    await stack.close();
    const cost = (costs[0] ?? 0) - (costs[1] ?? 0);
    console.log(
      `memory tier full of ${name}: ${(counted / MIB).toFixed(0)} MiB counted, ${cost} MiB resident beyond a gateway with one of them`,
    );
  }
}

/** By how many MiB a gateway grows while it is asked for these. */
async function grow(stack: Stack, index: number, keys: readonly string[]): Promise<number> {
  const { url, pid } = stack.gateways[index]!;
  const dispatcher = new Agent({ connections: AT_ONCE });
  const before = residentMemory(pid);
  const left = keys.values();
  const client = async (): Promise<void> => {
    for (const key of left) await (await request(`${url}/${key}`, { dispatcher })).body.dump();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, client));
  await dispatcher.close();
  return residentMemory(pid) - before;
}
