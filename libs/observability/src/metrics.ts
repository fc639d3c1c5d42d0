import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Seconds: from a memory hit to a toolchain download. */
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/**
 * Every metric of Stoa, declared once. Labels never hold module names, versions, hosts or addresses:
 * their values come from small fixed sets. One instance a process.
 */
export class Metrics {
  readonly registry = new Registry();

  readonly httpRequests = this.counter('http_requests_total', 'Answered requests.', ['route', 'status', 'cache']);
  readonly httpDuration = this.histogram('http_request_duration_seconds', 'From the request line to the last byte.', [
    'route',
    'cache',
  ]);
  readonly cacheLookups = this.counter('cache_lookups_total', 'Look-ups in storage: hit, stale or miss.', [
    'kind',
    'result',
  ]);
  readonly singleFlightJoined = this.counter('single_flight_joined_total', 'Callers who joined a job under way.', [
    'job',
  ]);
  readonly waitingClients = this.gauge('waiting_clients', 'Callers that wait for a job now.');
  readonly queueJobs = this.gauge('queue_jobs', 'Jobs in Redis by state.', ['queue', 'state']);
  readonly workers = this.gauge('workers', 'Workers that gave a sign of life lately.');
  readonly jobDuration = this.histogram('job_duration_seconds', 'From start to outcome.', ['job', 'outcome']);
  readonly jobWait = this.histogram('job_wait_seconds', 'From being added to being started.', ['job']);
  readonly upstreamRequests = this.counter('upstream_requests_total', 'Requests to sources.', ['source', 'outcome']);
  readonly upstreamDuration = this.histogram(
    'upstream_request_duration_seconds',
    'Until the last byte of an upstream answer.',
  );
  readonly upstreamCircuit = this.gauge(
    'upstream_circuit_state',
    'Whether an upstream, by its place in GOPROXY, is asked: 0 yes, 1 one probe at a time, 2 not for a moment.',
    ['source'],
  );
  readonly goCommands = this.counter('go_commands_total', 'Runs of the go command.', ['command', 'outcome']);
  readonly egressRefused = this.counter('egress_refused_total', 'Connections to addresses that are not allowed.', [
    'range',
  ]);
  readonly vcsCacheBytes = this.gauge('vcs_cache_bytes', 'Kept repositories of the go command, as last measured.');
  readonly vcsCacheEvictions = this.counter('vcs_cache_evictions_total', 'Kept repositories removed for want of room.');
  readonly storageDuration = this.histogram('storage_operation_duration_seconds', 'Storage operations.', [
    'backend',
    'operation',
    'outcome',
  ]);
  readonly cacheBytes = this.gauge('cache_bytes', 'What a tier before the storage takes.', ['tier']);
  readonly cacheEvictions = this.counter('cache_evictions_total', 'Objects that a tier dropped for want of room.', [
    'tier',
  ]);
  readonly storedBytes = this.counter('stored_bytes_total', 'Bytes of module files stored.');
  readonly verifications = this.counter('verifications_total', 'Checks before storing, by result.', ['result']);

  private readonly samplers: (() => Promise<void>)[] = [];

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** Adds a step that brings gauges up to date before each scrape. It must not throw and should be bounded in time. */
  sample(sampler: () => Promise<void>): void {
    this.samplers.push(sampler);
  }

  /** The page that Prometheus reads. */
  async page(): Promise<string> {
    await Promise.all(this.samplers.map((sampler) => sampler()));
    return this.registry.metrics();
  }

  private counter<T extends string>(name: string, help: string, labelNames: readonly T[] = []): Counter<T> {
    return new Counter({ name: `stoa_${name}`, help, labelNames, registers: [this.registry] });
  }

  private gauge<T extends string>(name: string, help: string, labelNames: readonly T[] = []): Gauge<T> {
    const gauge = new Gauge({ name: `stoa_${name}`, help, labelNames, registers: [this.registry] });
    // A process tells what it has measured: of a worker, `stoa_workers 0` would be taken for the truth.
    if (labelNames.length === 0) gauge.remove();
    return gauge;
  }

  private histogram<T extends string>(name: string, help: string, labelNames: readonly T[] = []): Histogram<T> {
    return new Histogram({ name: `stoa_${name}`, help, labelNames, buckets: SECONDS, registers: [this.registry] });
  }
}
