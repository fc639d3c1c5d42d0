import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { moduleZip } from '../support/module-zip.js';
import { median } from './kit.js';

const STOA = fileURLToPath(new URL('../../bin/stoa', import.meta.url));
const MODULES = 500;
const VERSIONS = 10;
const ROUNDS = 3;

/** Writing here makes Linux forget what it holds of its disks; only root may. */
const FORGET = '/proc/sys/vm/drop_caches';

/**
 * `stoa import` of 5,000 small versions from an Athens disk folder, beside `cp -r` of that folder, on one file system
 * and with new folders for each round: creating files is slow where many were removed a moment ago. Once with the
 * source on the disk, as one who migrates has it, and once with all of it in memory.
 */
export async function importVersions(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'stoa-bench-import-'));
  const source = join(folder, 'athens');
  makeAthensFolder(source, MODULES * VERSIONS);
  const few = join(folder, 'few');
  makeAthensFolder(few, VERSIONS);
  for (const where of ['on the disk', 'in memory'] as const) {
    if (where === 'on the disk' && !mayForget()) {
      console.log('stoa import from a disk: not measured, for only root can have a source forgotten');
      continue;
    }
    const seconds = { copied: [] as number[], imported: [] as number[], again: [] as number[] };
    for (let round = 0; round < ROUNDS; round++) {
      const path = (name: string): string => join(folder, `${name} ${where} ${round}`);
      const prepare = async (program: string, words: string[], env?: Record<string, string>): Promise<void> => {
        await timed('sync', []);
        if (where === 'on the disk') writeFileSync(FORGET, '3');
        // The program itself is in memory in either case.
        await timed(program, words, env);
      };
      await prepare('cp', ['-r', few, path('few')]);
      seconds.copied.push(await timed('cp', ['-r', source, path('copy')]));
      const env = { STOA_DATA_DIR: path('data'), STOA_VERIFY: 'off' };
      await prepare(STOA, ['import', few, '--quiet'], { ...env, STOA_DATA_DIR: path('few-data') });
      seconds.imported.push(await timed(STOA, ['import', source, '--quiet'], env));
      seconds.again.push(await timed(STOA, ['import', source, '--quiet'], env));
    }
    const [copied, imported, again] = [median(seconds.copied), median(seconds.imported), median(seconds.again)];
    console.log(
      `stoa import of ${MODULES * VERSIONS} versions, source ${where}: cp -r ${copied.toFixed(2)} s, import ${imported.toFixed(2)} s: ` +
        `${(copied / imported).toFixed(2)} of its speed, checked, hashed and synced, STOA_VERIFY=off ` +
        `(on, each version costs a look-up in the checksum database besides); a second run ${again.toFixed(2)} s (median of ${ROUNDS})`,
    );
  }
  rmSync(folder, { recursive: true });
}

function mayForget(): boolean {
  try {
    accessSync(FORGET, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function makeAthensFolder(root: string, count: number): void {
  for (let index = 0; index < count; index++) {
    const number = Math.floor(index / VERSIONS);
    const module = `example.com/team${number % 20}/Module${number}`;
    const version = `v1.${index % VERSIONS}.0`;
    const goMod = `module ${module}\n\ngo 1.22\n`;
    const files = { 'go.mod': goMod, 'a.go': `package a // ${randomBytes(1500).toString('hex')}\n`, LICENSE: 'free\n' };
    const folder = join(root, module, version);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'go.mod'), goMod);
    writeFileSync(join(folder, 'source.zip'), moduleZip({ module, version }, files));
    writeFileSync(join(folder, `${version}.info`), JSON.stringify({ Version: version, Time: '2024-01-02T03:04:05Z' }));
  }
}

/** Runs a program to its end; seconds. */
async function timed(program: string, words: readonly string[], more: Record<string, string> = {}): Promise<number> {
  const started = performance.now();
  const child = spawn(program, words, { env: { ...process.env, ...more }, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${program} ended with ${code}`);
  return (performance.now() - started) / 1000;
}
