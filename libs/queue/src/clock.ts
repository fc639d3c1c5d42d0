import type { RedisLink } from './redis-link.js';

/** The time by Redis' clock, in microseconds since the epoch: the one clock that all workers agree on. */
export async function redisTime(link: RedisLink): Promise<bigint> {
  const [seconds, micros] = await link.commands.time();
  return BigInt(seconds ?? 0) * 1_000_000n + BigInt(micros ?? 0);
}
