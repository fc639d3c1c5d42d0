/** How long, how much and how patiently an upstream is listened to. Milliseconds and bytes. */
export interface UpstreamLimits {
  /** Until a connection stands, TLS included. */
  readonly connectTimeout: number;
  /** From the request, over a connection that stands, to the status line of a text. */
  readonly headersTimeout: number;
  /** The same for a zip, which some upstreams make before they answer. */
  readonly zipHeadersTimeout: number;
  /** Without a byte in mid-answer. */
  readonly bodyTimeout: number;
  /** A body that brings fewer than `dripBytes` in such a time is given up. */
  readonly dripWindow: number;
  readonly dripBytes: number;
  readonly textSize: number;
  readonly zipSize: number;
  /** Connections to one origin; what comes on top waits for one. */
  readonly connections: number;
  /** The longest pause before a first retry; it doubles with each. */
  readonly backoff: number;
  /** The longest Retry-After that is waited for. */
  readonly retryAfter: number;
  /** What part of the time that is left a source may take: for a text whole, for a zip until it begins. */
  readonly share: number;
  /** Failures in a row after which an upstream is left alone, and for how long. */
  readonly failures: number;
  readonly openFor: number;
}

/** Sizes are those of the go command (golang.org/x/mod/zip MaxZipFile, MaxGoMod). */
export const UPSTREAM_LIMITS: UpstreamLimits = {
  connectTimeout: 10_000,
  headersTimeout: 45_000,
  zipHeadersTimeout: 240_000,
  bodyTimeout: 60_000,
  // 270 bytes a second: well below the slowest line that anybody waits for, well above a drip.
  dripWindow: 30_000,
  dripBytes: 8 << 10,
  textSize: 16 << 20,
  zipSize: 500 << 20,
  // A worker's jobs for one host are 32 at most, and one for a .mod asks for its .info at the same time.
  connections: 64,
  backoff: 200,
  retryAfter: 30_000,
  share: 1,
  // Three files with three attempts each and one more: one file that a source can not give is not enough.
  failures: 10,
  openFor: 5_000,
};

/** The limits of a source after which another one is asked on any error: that one needs time too, and has no pause. */
export function impatient(limits: UpstreamLimits): UpstreamLimits {
  return { ...limits, share: 0.5, retryAfter: Math.min(limits.retryAfter, 1_000) };
}
