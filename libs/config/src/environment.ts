/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Gives the variables of this process: the one place of the project that reads them. */
export function environment(): Environment {
  return Object.freeze({ ...process.env });
}
