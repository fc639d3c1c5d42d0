import { FAILOVER, patiently } from './patience.js';
import type { RedisLink } from './redis-link.js';

/** How long the time is tried for, in milliseconds. */
const TIME_PATIENCE = 500;
/** How long those who stamp the same thing get the same stamp, in milliseconds. */
const STAMP_LIFE = 2_000;

/*
 * The time by Redis' clock, that never goes back: what was told once would else be told to others for an hour again,
 * when that clock is set right, or when a replica whose clock is late takes the primary's place. It goes at half its
 * pace then until Redis' clock has come up to it. Microseconds since the epoch.
 *
 * Input:  KEYS[1] a hash: `told`, the last stamp; `own`, Redis' clock at it
 */
const NOW = `
local time = redis.call('TIME')
local own = time[1] * 1000000 + time[2]
local last = redis.call('HMGET', KEYS[1], 'told', 'own')
local now = own
if last[1] then now = math.max(own, last[1] + math.floor(math.max(0, own - last[2]) / 2)) end`;

const TIME_SCRIPT = `${NOW}
return now`;

/*
 * Input:  KEYS[1] as above, KEYS[2] the stamp's key, ARGV[1] its life in milliseconds
 * Output: the stamp
 */
const STAMP_SCRIPT = `${NOW}
local stamp = tonumber(redis.call('GET', KEYS[2]) or 0)
if now - stamp < ARGV[1] * 1000 then return stamp end
redis.call('HSET', KEYS[1], 'told', now, 'own', own)
redis.call('SET', KEYS[2], now, 'PX', ARGV[1])
return now`;

/**
 * The time by Redis' clock, in nanoseconds since the epoch: the one clock that all workers agree on. It never goes back
 * behind a stamp, as long as Redis keeps its data. Throws RefusalError `busy` when Redis does not answer within half a
 * second.
 */
export async function redisTime(link: RedisLink): Promise<bigint> {
  return nanoseconds(await patiently(TIME_PATIENCE, () => link.commands.eval(TIME_SCRIPT, 1, clockKey(link))));
}

/**
 * Stamps a thing with the time by Redis' clock, in nanoseconds since the epoch: whoever stamps it within the same
 * two seconds gets the same. Throws RefusalError `busy` when Redis stays away.
 */
export async function stamp(link: RedisLink, thing: string): Promise<bigint> {
  const clock = clockKey(link);
  const keys = [clock, `${clock}:${thing}`];
  return nanoseconds(await patiently(FAILOVER, () => link.commands.eval(STAMP_SCRIPT, 2, ...keys, STAMP_LIFE)));
}

/** A Cluster has the clock and all stamps in one slot, for a script reads both. */
function clockKey(link: RedisLink): string {
  return `${link.prefix}:{clock}`;
}

function nanoseconds(micros: unknown): bigint {
  return BigInt(micros as number) * 1000n;
}
