import { environment, loadConfig, type LoadedConfig } from '#libs/config';
import { readGoDefaults } from './go-defaults.js';

/** Loads the settings of this process as one of the apps does. Throws ConfigError and ExpectedFailure. */
export async function loadSettings(app: 'api' | 'worker'): Promise<LoadedConfig> {
  const env = environment();
  return loadConfig(app, env, await readGoDefaults(env));
}
