import type { Job } from 'bullmq';
import type { Envelope } from '#libs/queue';
import { letGo } from './job-hold.js';

/** How long a job that met a busy host waits at least, in milliseconds ... */
const PAUSE = 1_000;
/** ... how much longer for each that waits already, so that they do not come back all at once, and how long at most. */
const SPREAD = 50;
export const LONGEST_PAUSE = 15_000;

/** Jobs of a host that are remembered, to be called back; those beyond come back by themselves. */
const REMEMBERED = 1_000;

type Delayable = Pick<Job<Envelope>, 'data' | 'moveToDelayed' | 'promote'>;

interface Host {
  running: number;
  /** Those that were sent away, the first first. */
  readonly away: Delayable[];
}

/**
 * The slots of one queue in this worker, of which no host has more than half: a host with a thousand slow modules
 * delays its own jobs, and those of others go by. A job in excess goes back to the queue for a while; when one of its
 * host ends here, the one that was sent away first is called back before its time.
 */
export class HostShare {
  private readonly hosts = new Map<string, Host>();

  /** `slots` is asked at each job. */
  constructor(private readonly slots: () => number) {}

  /** Whether no host has a job here that runs. */
  get isIdle(): boolean {
    return [...this.hosts.values()].every(({ running }) => running === 0);
  }

  /** Runs a job's work in a slot of its host. Throws WaitingError when the host has none left: the job was given back. */
  async run<T>(job: Delayable, token: string | undefined, work: () => Promise<T>): Promise<T> {
    const name = hostOf(job);
    const host = this.hosts.get(name) ?? { running: 0, away: [] };
    if (host.running >= Math.max(1, Math.floor(this.slots() / 2))) {
      const time = Date.now() + Math.min(LONGEST_PAUSE, PAUSE + SPREAD * host.away.length);
      const gone = await letGo(job.moveToDelayed(time, token));
      if (host.away.length < REMEMBERED) host.away.push(job);
      throw gone;
    }
    this.hosts.set(name, host);
    host.running++;
    try {
      return await work();
    } finally {
      host.running--;
      void callBack(host.away); // not waited for: a Redis that is away must not keep the outcome
      if (host.running === 0 && host.away.length === 0) this.hosts.delete(name);
    }
  }
}

/** Calls the first back that still waits: the time of others was over, or another worker has had them. */
async function callBack(away: Delayable[]): Promise<void> {
  for (let job = away.shift(); job; job = away.shift()) {
    const isBack = await job.promote().then(
      () => true,
      () => false,
    );
    if (isBack) return;
  }
}

/** The host that a job's work loads: the first element of a module path, or the name of a checksum database. */
function hostOf({ data: { payload } }: Delayable): string {
  const path = 'module' in payload ? payload.module : payload.name;
  return path.split('/', 1)[0]!;
}
