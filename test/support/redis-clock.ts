import type { TestRedis } from './redis.js';

/*
 * Input:  ARGV[1] by how many milliseconds all that is stored moves ahead
 */
const MOVE_SCRIPT = `
local by = tonumber(ARGV[1])
for _, key in ipairs(redis.call('KEYS', '*')) do
  local left = redis.call('PTTL', key)
  if left > 0 then redis.call('PEXPIRE', key, left + by) end
end
for _, id in ipairs(redis.call('ZRANGE', 'stoa:workers', 0, -1)) do redis.call('ZINCRBY', 'stoa:workers', by / 1000, id) end
for _, field in ipairs(redis.call('HKEYS', 'stoa:{clock}')) do redis.call('HINCRBY', 'stoa:{clock}', field, by * 1000) end
for _, key in ipairs(redis.call('KEYS', 'stoa:{clock}:*')) do
  redis.call('SET', key, redis.call('GET', key) + by * 1000, 'KEEPTTL')
end`;

/**
 * Sets the clock of a Redis by so many milliseconds, negative: back, as a clock that is set right is, or a replica's
 * that takes the primary's place. Nobody can move the clock of one process; but all that Redis knows of time is what it
 * stored by its clock, so an hour back is the same as all of that being an hour further ahead.
 */
export async function setRedisClock(redis: TestRedis, milliseconds: number): Promise<void> {
  await redis.command('eval', MOVE_SCRIPT, '0', `${-milliseconds}`);
}
