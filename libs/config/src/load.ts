import { assembleConfig } from './assemble.js';
import type { Config, ProcessName } from './config.js';
import { ConfigError } from './config-error.js';
import type { Environment } from './environment.js';
import { combinationFaults, combinationWarnings, givenFaults } from './combination.js';
import type { GoDefaults } from './go-names.js';
import { thisMachine, type Machine } from './machine.js';
import { shownText } from './mask.js';
import { metaOf } from './setting.js';
import { checkNames } from './setting-name.js';
import { addDefaults, readTexts, type SettingTexts, type Source } from './setting-text.js';
import { settingsSchema, type SettingName } from './settings.js';

/** A setting as it is in force, fit to be printed: its text holds no secret, and is empty where nothing is set. */
export interface EffectiveSetting {
  readonly name: string;
  readonly shown: string;
  readonly source: Source;
}

/** Settings, what a person should know about them, and where each comes from. */
export interface LoadedConfig {
  readonly config: Config;
  /** One line each, without secrets. */
  readonly warnings: readonly string[];
  /** In the order of the documentation. */
  readonly sources: readonly EffectiveSetting[];
}

/**
 * Reads and checks all settings for a process. `goDefaults` is what `go env` says, where it was asked.
 * Reads the files that NAME_FILE variables name. Throws ConfigError with every fault there is.
 */
export function loadConfig(
  process: ProcessName,
  env: Environment,
  goDefaults: GoDefaults = {},
  machine: Machine = thisMachine(),
): LoadedConfig {
  const faults: string[] = [];
  const warnings: string[] = [];
  checkNames(env, faults, warnings);
  const texts = readTexts(env, goDefaults, faults);
  addDefaults(texts, process, machine);

  const parsed = settingsSchema.safeParse(Object.fromEntries([...texts].map(([name, { text }]) => [name, text])));
  for (const { path, message } of parsed.error?.issues ?? []) faults.push(valueFault(String(path[0]), message, texts));

  const given = (name: SettingName) => isGiven(name, texts, env);
  faults.push(...givenFaults(process, texts, given));
  if (parsed.success) faults.push(...combinationFaults(process, parsed.data));
  if (!parsed.success || faults.length > 0) throw new ConfigError([...new Set(faults)]);

  const config = assembleConfig(parsed.data, env);
  warnings.push(...combinationWarnings(process, config, given));
  return Object.freeze({ config, warnings, sources: effectiveSettings(texts) });
}

/** Whether a setting is given, be it by a file that can't be read. */
function isGiven(name: SettingName, texts: SettingTexts, env: Environment): boolean {
  const text = texts.get(name);
  if (text) return text.source !== 'default';
  return metaOf(settingsSchema.shape[name]).secret !== undefined && Boolean(env[`${name}_FILE`]);
}

/** Says what is wrong with a value. What may hold a password is not quoted: a mask can't be trusted with broken text. */
function valueFault(name: string, message: string, texts: SettingTexts): string {
  const { text, source } = texts.get(name) ?? { text: '', source: 'default' };
  // A broken default is the fault of the setting that it is taken from: say it there, once.
  if (source === 'default' && name === 'STOA_SUMDBS') return valueFault('GOSUMDB', message, texts);
  const quotable = secretOf(name) === undefined && !/[@?]/.test(text);
  const where = source === 'STOA_GO_ENV' ? `${name} in STOA_GO_ENV` : name;
  return `${where}: ${quotable ? JSON.stringify(text) : 'the value'} ${message}`;
}

function effectiveSettings(texts: SettingTexts): readonly EffectiveSetting[] {
  return Object.keys(settingsSchema.shape).map((name) => {
    const { text, source } = texts.get(name) ?? { text: '', source: 'default' as const };
    return { name, shown: shownText(name, text, secretOf(name)), source };
  });
}

function secretOf(name: string) {
  const schema = Object.entries(settingsSchema.shape).find(([key]) => key === name)?.[1];
  return schema && metaOf(schema).secret;
}
