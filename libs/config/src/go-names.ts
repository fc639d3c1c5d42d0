import type { Environment } from './environment.js';

/** Go's own settings that keep their Go name and meaning: what `npm start` asks `go env` for. */
export const GO_NAMES = [
  'GOPROXY',
  'GOPRIVATE',
  'GONOPROXY',
  'GOSUMDB',
  'GONOSUMDB',
  'GOINSECURE',
  'GOVCS',
  'GOAUTH',
] as const;

/** One of them. */
export type GoName = (typeof GO_NAMES)[number];

/** Tells Go's own settings from ours. */
export function isGoName(name: string): boolean {
  return (GO_NAMES as readonly string[]).includes(name);
}

/** What `go env` says, for the names it was asked for. */
export type GoDefaults = Readonly<Partial<Record<GoName, string>>>;

/** Whether GOPRIVATE is the value of the name when it is empty. */
export function isPrivateByDefault(name: GoName): boolean {
  return name === 'GONOPROXY' || name === 'GONOSUMDB';
}

/** Whether there is no empty value of the name: emptied, it is its default to go (`cfg.EnvOrAndChanged`). */
export function isNeverEmpty(name: GoName): boolean {
  return name === 'GOPROXY' || name === 'GOSUMDB';
}

/**
 * Gives the default of a name, or undefined where it says nothing. `go env` prints GOPRIVATE for an unset GONOPROXY;
 * taken at its word, that would outlive another GOPRIVATE from a stronger source.
 */
export function goDefault(defaults: GoDefaults, name: GoName): string | undefined {
  const value = defaults[name];
  if (!value || (isPrivateByDefault(name) && value === defaults.GOPRIVATE)) return undefined;
  return value;
}

/** Gives the environment of a process that this one starts: its own, Go's defaults where they are unset, and changes. */
export function childEnvironment(
  env: Environment,
  goDefaults: GoDefaults,
  changes: Environment = {},
): Record<string, string> {
  const defaults = GO_NAMES.filter((name) => !env[name]).map((name) => [name, goDefault(goDefaults, name)]);
  const merged = Object.entries({ ...env, ...Object.fromEntries(defaults), ...changes });
  return Object.fromEntries(merged.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
