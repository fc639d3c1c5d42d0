import { z } from 'zod';
import type { ProcessName } from './config.js';
import type { Machine } from './machine.js';

/** Headings of the documentation, in its order. */
export const SECTIONS = [
  'Listeners',
  'Process',
  'Storage',
  'Redis',
  'Jobs',
  'Go',
  'Private modules',
  'Freshness',
  'Network',
] as const;

/** What a default may depend on. */
export interface DefaultSource {
  readonly process: ProcessName;
  readonly machine: Machine;
  /** Text of another setting: what was given, else its own default where it stands earlier in the table; else empty. */
  readonly textOf: (name: string) => string;
}

/** A default that is not the same everywhere: how the documentation says it, and how it is found. */
export interface DerivedDefault {
  readonly documented: string;
  readonly find: (source: DefaultSource) => string;
}

/** All there is to know of a setting besides how its text is read. */
export interface SettingMeta {
  readonly section: (typeof SECTIONS)[number];
  /** Markdown, one line. */
  readonly description: string;
  /** As a user would write it. Without one, the schema is optional. */
  readonly fallback?: string | DerivedDefault;
  /** `whole`: never shown. `part`: may hold a password, shown without it. Either way NAME_FILE works too. */
  readonly secret?: 'whole' | 'part';
}

/** The meta data of every setting, by its schema. */
export const settingMeta = z.registry<SettingMeta>();

/** Gives a function that enters settings of one section. */
export function section(name: SettingMeta['section']) {
  return <S extends z.ZodType>(
    schema: S,
    description: string,
    rest: Pick<SettingMeta, 'fallback' | 'secret'> = {},
  ): S => {
    settingMeta.add(schema, { section: name, description, ...rest });
    return schema;
  };
}

/** Gives the meta data of a setting's schema. Throws when it was never entered. */
export function metaOf(schema: z.ZodType): SettingMeta {
  const meta = settingMeta.get(schema);
  if (!meta) throw new Error('a setting without meta data');
  return meta;
}
