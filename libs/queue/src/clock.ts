import { FAILOVER, patiently } from './patience.js';
import type { RedisLink } from './redis-link.js';

/** How long the time is tried for, in milliseconds. */
const TIME_PATIENCE = 500;
/** How long those who stamp the same thing get the same stamp, in milliseconds. */
const STAMP_LIFE = 2_000;

/**
 * The time by Redis' clock, in nanoseconds since the epoch: the one clock that all workers agree on. Throws
 * RefusalError `busy` when Redis does not answer within half a second.
 */
export async function redisTime(link: RedisLink): Promise<bigint> {
  const [seconds, micros] = await patiently(TIME_PATIENCE, () => link.commands.time());
  return BigInt(seconds ?? 0) * 1_000_000_000n + BigInt(micros ?? 0) * 1000n;
}

/*
 * Input:  KEYS[1] the stamp's key, ARGV[1] its life in milliseconds
 * Output: microseconds since the epoch, as text
 */
const STAMP_SCRIPT = `
local now = redis.call('TIME')
local stamp = now[1] .. string.format('%06d', now[2])
if redis.call('SET', KEYS[1], stamp, 'NX', 'PX', ARGV[1]) then return stamp end
return redis.call('GET', KEYS[1])`;

/**
 * Stamps a thing with the time by Redis' clock, in nanoseconds since the epoch: whoever stamps it within the same
 * two seconds gets the same. Throws RefusalError `busy` when Redis stays away.
 */
export async function stamp(link: RedisLink, thing: string): Promise<bigint> {
  const key = `${link.prefix}:stamp:${thing}`;
  const micros = await patiently(FAILOVER, () => link.commands.eval(STAMP_SCRIPT, 1, key, STAMP_LIFE));
  return BigInt(String(micros)) * 1000n;
}
