/** Settings that can't be used. The message has one line per fault, fit to be printed as it is; no secret is in it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly faults: readonly string[]) {
    super(faults.join('\n'));
  }
}
