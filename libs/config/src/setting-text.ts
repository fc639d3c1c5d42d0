import { readFileSync } from 'node:fs';
import { errorCode } from '#libs/protocol';
import type { ProcessName } from './config.js';
import type { Environment } from './environment.js';
import { GO_NAMES, goDefault, isGoName, isNeverEmpty, isPrivateByDefault, type GoDefaults } from './go-names.js';
import type { Machine } from './machine.js';
import { metaOf } from './setting.js';
import { settingsSchema } from './settings.js';

/** Where the text of a setting comes from. */
export type Source = 'default' | 'environment' | 'file' | 'STOA_GO_ENV' | 'go env';

/** The text of a setting before it is read. */
export interface SettingText {
  readonly text: string;
  readonly source: Source;
}

/** Texts by the name of their setting. */
export type SettingTexts = Map<string, SettingText>;

/** Takes from the environment what it gives. A variable that is empty counts as unset; what can't be read is a fault. */
export function readTexts(env: Environment, goDefaults: GoDefaults, faults: string[]): SettingTexts {
  const texts: SettingTexts = new Map();
  for (const [name, schema] of Object.entries(settingsSchema.shape)) {
    if (isGoName(name)) continue;
    const value = env[name];
    const file = metaOf(schema).secret ? env[`${name}_FILE`] : undefined;
    if (value && file) faults.push(`${name}: ${name}_FILE is set too; set one of them`);
    if (value) texts.set(name, { text: value, source: 'environment' });
    else if (file) setFromFile(texts, name, file, faults);
  }
  addGoTexts(texts, env, goDefaults);
  return texts;
}

function setFromFile(texts: SettingTexts, name: string, file: string, faults: string[]): void {
  try {
    const text = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
    if (text === '') faults.push(`${name}_FILE: ${JSON.stringify(file)} is empty`);
    else texts.set(name, { text, source: 'file' });
  } catch (error) {
    faults.push(`${name}_FILE: ${JSON.stringify(file)} can not be read (${errorCode(error)})`);
  }
}

function addGoTexts(texts: SettingTexts, env: Environment, goDefaults: GoDefaults): void {
  const parsed = settingsSchema.shape.STOA_GO_ENV.safeParse(texts.get('STOA_GO_ENV')?.text ?? '');
  const extra = parsed.data ?? {};
  for (const name of GO_NAMES) {
    const emptied = extra[name] === '';
    if (emptied && isPrivateByDefault(name)) continue;
    const fromGo = goDefault(goDefaults, name);
    if (extra[name] || (emptied && !isNeverEmpty(name)))
      texts.set(name, { text: extra[name] ?? '', source: 'STOA_GO_ENV' });
    else if (env[name]) texts.set(name, { text: env[name], source: 'environment' });
    else if (fromGo) texts.set(name, { text: fromGo, source: 'go env' });
  }
}

/** Adds the defaults that hold for a process on a machine. Settings without one stay absent. */
export function addDefaults(texts: SettingTexts, process: ProcessName, machine: Machine): void {
  const textOf = (name: string) => texts.get(name)?.text ?? '';
  for (const [name, schema] of Object.entries(settingsSchema.shape)) {
    const { fallback } = metaOf(schema);
    if (texts.has(name) || fallback === undefined) continue;
    const found = typeof fallback === 'string' ? fallback : fallback.find({ process, machine, textOf });
    texts.set(name, { text: found, source: 'default' });
  }
}
