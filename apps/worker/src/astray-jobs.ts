import { Job, type Worker } from 'bullmq';
import { redisTime, type RedisLink } from '#libs/queue';
import { LONGEST_PAUSE } from './host-share.js';

/** How long after its time a delayed job counts as forgotten, in milliseconds: a worker that is busy takes none. */
const LATE = 1_000;
/** Jobs that are called back at once. */
const MOST = 200;
/** BullMQ's score of a delayed job: the milliseconds of its time, and 12 bits for the order within one. */
const scoreOf = (time: number): number => time * 0x1000;

/**
 * Calls back the delayed jobs of a worker's queue whose time, by Redis' clock, is long over or further away than any
 * pause. BullMQ writes and reads it by the clocks of the workers: of one whose clock is an hour ahead, or was for a
 * moment, it would wait an hour for the others, as would the jobs of others for one that is behind.
 */
export async function callBackAstray(link: RedisLink, worker: Worker): Promise<void> {
  const now = Number((await redisTime(link)) / 1_000_000n);
  const delayed = worker.toKey('delayed');
  const [forgotten, distant] = await Promise.all([
    link.commands.zrangebyscore(delayed, '-inf', scoreOf(now - LATE), 'LIMIT', 0, MOST),
    link.commands.zrangebyscore(delayed, scoreOf(now + LONGEST_PAUSE), '+inf', 'LIMIT', 0, MOST),
  ]);
  for (const id of [...forgotten, ...distant]) {
    const job = await Job.fromId(worker, id);
    await job?.promote().catch(() => {}); // another worker was first
  }
}
