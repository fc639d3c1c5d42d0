import { livingWorkers } from './pulse.js';
import type { RedisLink } from './redis-link.js';

/** How long it is remembered who declined a job, in milliseconds: longer than a client waits for one. */
const REMEMBERED = 600_000;

/**
 * Which workers have declined a job: `<prefix>:declined:<job id>` in Redis. A job that one can't do goes back to the
 * queue for the others, and is refused once all that live have declined it.
 */
export class DeclinedJobs {
  constructor(
    private readonly link: RedisLink,
    private readonly workerId: string,
  ) {}

  /** Notes that this worker can't do a job. True: a worker lives that has not said so. Throws when Redis is away. */
  async decline(jobId: string): Promise<boolean> {
    const { commands, prefix } = this.link;
    const key = `${prefix}:declined:${jobId}`;
    await commands.sadd(key, this.workerId);
    await commands.pexpire(key, REMEMBERED);
    const [declined, living] = await Promise.all([commands.smembers(key), livingWorkers(this.link)]);
    const someoneLeft = living.some((worker) => !declined.includes(worker));
    if (!someoneLeft) await commands.unlink(key);
    return someoneLeft;
  }
}
