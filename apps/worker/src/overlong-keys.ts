import type { Worker } from 'bullmq';
import type { RedisLink } from '#libs/queue';

/** Jobs that are looked at, from the one that was taken first. */
const MOST = 200;

/*
 * Input:  KEYS[1] the list of a queue's active jobs, KEYS[2] its `stalled-check`
 *         ARGV[1] the prefix of its jobs' keys, ARGV[2] how many jobs
 *         ARGV[3], ARGV[4] the lives of a lock and of a check, in milliseconds
 */
const SHORTEN_SCRIPT = `
local function shorten(key, life)
  if redis.call('PTTL', key) > tonumber(life) then redis.call('PEXPIRE', key, life) end
end
for _, id in ipairs(redis.call('LRANGE', KEYS[1], -ARGV[2], -1)) do shorten(ARGV[1] .. id .. ':lock', ARGV[3]) end
shorten(KEYS[2], ARGV[4])`;

/**
 * Bounds the keys by which BullMQ tells that a worker is dead, the locks of jobs and the mark of the last check, to the
 * life that they were given. Redis keeps the time of day at which a key ends: set back by an hour, or with a replica
 * whose clock is late, they would live for an hour, and no dead worker's job would be taken over meanwhile.
 */
export async function shortenOverlong(link: RedisLink, worker: Worker): Promise<void> {
  const { lockDuration, stalledInterval } = worker.opts;
  const keys = [worker.toKey('active'), worker.toKey('stalled-check')];
  await link.commands.eval(SHORTEN_SCRIPT, 2, ...keys, worker.toKey(''), MOST, lockDuration!, stalledInterval!);
}
