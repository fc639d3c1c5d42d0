import type { Metrics } from '#libs/observability';
import type {
  ByteRange,
  ObjectBody,
  ObjectEntry,
  ObjectSource,
  ObjectStat,
  ObjectStore,
  PutOptions,
  SmallPut,
} from './object-store.js';

type Outcome = 'ok' | 'absent' | 'exists';

/**
 * Measures the operations of a store. A get counts until its bytes begin to flow, a list without the time that its
 * reader takes.
 */
export class MeteredObjectStore implements ObjectStore {
  readonly backend: string;

  constructor(
    private readonly inner: ObjectStore,
    private readonly metrics: Pick<Metrics, 'storageDuration'>,
  ) {
    this.backend = inner.backend;
  }

  async stat(key: string): Promise<ObjectStat | null> {
    return this.measured('stat', () => this.inner.stat(key), presence);
  }

  async get(key: string, range?: ByteRange): Promise<ObjectBody | null> {
    return this.measured('get', () => this.inner.get(key, range), presence);
  }

  async put(key: string, source: ObjectSource, options: PutOptions): Promise<boolean> {
    return this.measured(
      'put',
      () => this.inner.put(key, source, options),
      (stored) => (stored ? 'ok' : 'exists'),
    );
  }

  async putInTurn(objects: readonly SmallPut[]): Promise<number> {
    return this.measured(
      'put',
      () => this.inner.putInTurn(objects),
      (stored) => (stored === objects.length ? 'ok' : 'exists'),
    );
  }

  async delete(key: string): Promise<void> {
    return this.measured(
      'delete',
      () => this.inner.delete(key),
      () => 'ok',
    );
  }

  async *list(prefix: string, startAfter?: string): AsyncGenerator<ObjectEntry> {
    let spent = 0;
    let outcome: Outcome | 'error' = 'ok';
    let asked = performance.now();
    try {
      for await (const entry of this.inner.list(prefix, startAfter)) {
        spent += performance.now() - asked;
        yield entry;
        asked = performance.now();
      }
      spent += performance.now() - asked;
    } catch (error) {
      outcome = 'error';
      spent += performance.now() - asked;
      throw error;
    } finally {
      this.observe('list', outcome, spent);
    }
  }

  open(): Promise<void> {
    return this.inner.open();
  }

  check(): Promise<void> {
    return this.inner.check();
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  private async measured<T>(operation: string, run: () => Promise<T>, outcomeOf: (result: T) => Outcome): Promise<T> {
    const started = performance.now();
    try {
      const result = await run();
      this.observe(operation, outcomeOf(result), performance.now() - started);
      return result;
    } catch (error) {
      this.observe(operation, 'error', performance.now() - started);
      throw error;
    }
  }

  private observe(operation: string, outcome: Outcome | 'error', milliseconds: number): void {
    this.metrics.storageDuration.observe({ backend: this.backend, operation, outcome }, milliseconds / 1000);
  }
}

function presence(found: unknown): Outcome {
  return found === null ? 'absent' : 'ok';
}
