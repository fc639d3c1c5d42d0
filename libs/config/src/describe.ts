import type { LoadedConfig } from './load.js';

/** Gives the lines of `stoa config`: `NAME=value   # source`, secrets masked. */
export function describeConfig({ sources }: Pick<LoadedConfig, 'sources'>): string[] {
  return sources.map(({ name, shown, source }) => `${name}=${shown}   # ${source}`);
}
