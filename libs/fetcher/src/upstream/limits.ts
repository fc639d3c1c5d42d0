/** How long and how much an upstream is listened to. Milliseconds and bytes. */
export interface UpstreamLimits {
  /** Until a connection stands, TLS included. */
  readonly connectTimeout: number;
  /** From the request to the status line of a text. */
  readonly headersTimeout: number;
  /** The same for a zip, which some upstreams make before they answer. */
  readonly zipHeadersTimeout: number;
  /** Without a byte in mid-answer. */
  readonly bodyTimeout: number;
  readonly textSize: number;
  readonly zipSize: number;
}

/** Sizes are those of the go command (golang.org/x/mod/zip MaxZipFile, MaxGoMod). */
export const UPSTREAM_LIMITS: UpstreamLimits = {
  connectTimeout: 10_000,
  headersTimeout: 45_000,
  zipHeadersTimeout: 240_000,
  bodyTimeout: 60_000,
  textSize: 16 << 20,
  zipSize: 500 << 20,
};
