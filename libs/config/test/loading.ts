import { ConfigError, loadConfig, type Environment, type LoadedConfig, type ProcessName } from '#libs/config';

/** The machine that the tests pretend to run on. */
const MACHINE = { cpus: 6, terminal: false };

/** Loads settings as a process on a machine with a GOPROXY would. */
export function load(env: Environment = {}, process: ProcessName = 'worker'): LoadedConfig {
  return loadConfig(process, { GOPROXY: 'https://proxy.example,direct', GOSUMDB: 'off', ...env }, {}, MACHINE);
}

/** The faults that keep settings from being loaded. */
export function faultsOf(env: Environment, process: ProcessName = 'worker'): readonly string[] {
  try {
    load(env, process);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}
