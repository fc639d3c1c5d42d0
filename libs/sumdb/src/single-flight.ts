interface Flight<T> {
  readonly result: Promise<T>;
  readonly control: AbortController;
  waiting: number;
}

/** Work that several callers want at the same time, done once. It is aborted when no caller waits for it any more. */
export class SingleFlight<T> {
  private readonly flights = new Map<string, Flight<T>>();

  /** Starts or joins the work of this key. Each caller's own signal ends its own waiting. */
  async join(key: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const flight = this.flights.get(key) ?? this.start(key, work);
    flight.waiting++;
    try {
      return await untilAborted(flight.result, signal);
    } finally {
      flight.waiting--;
      if (flight.waiting === 0 && this.land(key, flight)) flight.control.abort(signal.reason);
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

/** Waits for work that may go on after the signal: then throws the signal's reason. */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
