import { untilAborted } from './until-aborted.js';

interface Flight<T> {
  readonly result: Promise<T>;
  readonly control: AbortController;
  waiting: number;
}

/** Work that several callers want at the same time, done once. It is aborted when no caller waits for it any more. */
export class SingleFlight<T> {
  private readonly flights = new Map<string, Flight<T>>();

  /**
   * Starts or joins the work of this key. Each caller's own signal ends its own waiting, with the signal's reason; the
   * last one to leave stays until the aborted work has ended, so that nothing runs on behind its back.
   */
  async join(key: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const flight = this.flights.get(key) ?? this.start(key, work);
    flight.waiting++;
    try {
      return await untilAborted(flight.result, signal);
    } finally {
      flight.waiting--;
      if (flight.waiting === 0 && this.land(key, flight)) {
        flight.control.abort(signal.reason);
        await flight.result.catch(() => {});
      }
    }
  }

  private start(key: string, work: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const control = new AbortController();
    const flight: Flight<T> = { result: work(control.signal), control, waiting: 0 };
    this.flights.set(key, flight);
    const landed = (): boolean => this.land(key, flight);
    flight.result.then(landed, landed);
    return flight;
  }

  /** False: it was over before. */
  private land(key: string, flight: Flight<T>): boolean {
    return this.flights.get(key) === flight && this.flights.delete(key);
  }
}
