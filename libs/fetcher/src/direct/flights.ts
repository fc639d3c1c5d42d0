interface Flight<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  passengers: number;
}

/** Lets callers who want the same thing at the same time share one run. */
export class Flights<T> {
  private readonly flights = new Map<string, Flight<T>>();

  /**
   * Joins the run for `key`, or starts it. A caller whose signal is aborted leaves with the signal's reason; the run
   * is aborted when the last one leaves, who then waits for its end.
   */
  async join(key: string, signal: AbortSignal, start: (signal: AbortSignal) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const flight = this.flights.get(key) ?? this.depart(key, start);
    flight.passengers++;

    const left = Promise.withResolvers<never>();
    const leave = (): void => {
      flight.passengers--;
      if (flight.passengers > 0) return left.reject(signal.reason);
      this.land(key, flight);
      flight.controller.abort(signal.reason);
    };
    signal.addEventListener('abort', leave, { once: true });
    try {
      return await Promise.race([flight.result, left.promise]);
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  private depart(key: string, start: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const controller = new AbortController();
    const flight: Flight<T> = { result: start(controller.signal), controller, passengers: 0 };
    this.flights.set(key, flight);
    const land = (): void => this.land(key, flight);
    flight.result.then(land, land);
    return flight;
  }

  private land(key: string, flight: Flight<T>): void {
    if (this.flights.get(key) === flight) this.flights.delete(key);
  }
}
