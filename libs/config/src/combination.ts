import { accessSync, constants, statSync } from 'node:fs';
import { errorCode } from '#libs/protocol';
import { isLoopback } from './address.js';
import type { Config, ProcessName } from './config.js';
import { redisFaults, redisValueFaults } from './redis.js';
import type { SettingTexts } from './setting-text.js';
import { settingsSchema, type Given, type Values } from './settings.js';
import { storageFaults, storageWarnings } from './storage.js';

const HAS_NO_DEFAULT = 'is not set and there is no go command to ask for its default';

/** Finds what is missing or too much, whatever the values are. */
export function givenFaults(process: ProcessName, texts: SettingTexts, given: Given): string[] {
  const text = (name: string) => texts.get(name)?.text ?? '';
  const faults = [...storageFaults(text, given), ...redisFaults(given)];
  // A broken STOA_GO_ENV may be what sets GOPROXY.
  const known = settingsSchema.shape.STOA_GO_ENV.safeParse(text('STOA_GO_ENV')).success;
  if (known && fetches(process) && text('STOA_NETWORK_MODE') !== 'offline') {
    if (!text('GOPROXY')) faults.push(`GOPROXY ${HAS_NO_DEFAULT}: install Go or set GOPROXY`);
    else if (!text('GOSUMDB') && text('STOA_VERIFY') === 'on') {
      faults.push(`GOSUMDB ${HAS_NO_DEFAULT}: install Go or set GOSUMDB, or STOA_VERIFY=off`);
    }
  }
  return faults;
}

/** Finds values that do not go together, and credentials that the process that needs them can't read. */
export function combinationFaults(process: ProcessName, values: Values): string[] {
  const faults = redisValueFaults(values);
  if (hasTwoListeners(process) && sameAddress(values.STOA_LISTEN, values.STOA_OPS_LISTEN)) {
    faults.push('STOA_OPS_LISTEN: is the address of STOA_LISTEN; each needs its own');
  }
  if (fetches(process)) faults.push(...unreadableFiles(values));
  if (process === 'start' && leadsTo(values.GOPROXY, values.STOA_LISTEN)) {
    faults.push(
      'GOPROXY: names this gateway itself, so it would ask itself for ever; set another one, or STOA_GO_ENV=GOPROXY=...',
    );
  }
  const storage = values.STOA_EXTERNAL_URL;
  if (
    process === 'storage' &&
    values.STOA_STORAGE === 'external' &&
    storage &&
    leadsTo(storage.href, values.STOA_LISTEN)
  ) {
    faults.push('STOA_EXTERNAL_URL: names this storage server itself, so it would ask itself for ever');
  }
  return faults;
}

/** Finds what works, but not as its author may think. */
export function combinationWarnings(process: ProcessName, config: Config, given: Given): string[] {
  const warnings = storageWarnings(config.storage.kind, given);
  if (process === 'storage') return [...warnings, ...openStorageWarnings(config)];
  if (config.diskCache > 0 && config.storage.kind === 'fs') {
    warnings.push('STOA_DISK_CACHE has no effect while STOA_STORAGE is fs: it is a folder already');
  }
  const credentials = Object.values(config.vcs).some((credential) => credential !== undefined);
  if (credentials && process !== 'worker' && !isLoopback(config.listen)) {
    warnings.push(
      'credentials for private modules are set, nothing authenticates clients, and STOA_LISTEN is not loopback: whoever reaches it reads private modules',
    );
  }
  return warnings;
}

function openStorageWarnings({ storageToken, listen }: Config): string[] {
  if (storageToken !== undefined || isLoopback(listen)) return [];
  return [
    'STOA_EXTERNAL_TOKEN is not set and STOA_LISTEN is not loopback: whoever reaches it reads and writes modules',
  ];
}

function hasTwoListeners(process: ProcessName): boolean {
  return process === 'api' || process === 'storage';
}

/** Whether the process fetches from the world, or starts one that does. */
function fetches(process: ProcessName): boolean {
  return process === 'worker' || process === 'start';
}

function sameAddress(one: Config['listen'], other: Config['listen']): boolean {
  if ('socket' in one || 'socket' in other) return 'socket' in one && 'socket' in other && one.socket === other.socket;
  return one.port !== 0 && one.port === other.port && one.host === other.host;
}

/** Whether a GOPROXY has our own listener in it: what a developer's shell holds after `export GOPROXY=...`. */
function leadsTo(goproxy: string, listen: Config['listen']): boolean {
  if ('socket' in listen || listen.port === 0) return false;
  const urls = goproxy
    .split(/[,|]/)
    .filter((entry) => URL.canParse(entry.trim()))
    .map((entry) => new URL(entry.trim()));
  return urls.some(
    ({ hostname, port }) =>
      Number(port) === listen.port && ['127.0.0.1', 'localhost', '[::1]', listen.host].includes(hostname),
  );
}

function unreadableFiles(values: Values): string[] {
  const names = ['STOA_NETRC_FILE', 'STOA_SSH_KEY_FILE', 'STOA_SSH_KNOWN_HOSTS_FILE', 'STOA_GIT_CONFIG_FILE'] as const;
  return names.flatMap((name) => {
    const path = values[name];
    if (path === undefined) return [];
    try {
      accessSync(path, constants.R_OK);
      if (!statSync(path).isDirectory()) return [];
      return [`${name}: ${JSON.stringify(path)} is a folder, not a file`];
    } catch (error) {
      return [`${name}: ${JSON.stringify(path)} can not be read (${errorCode(error)})`];
    }
  });
}
