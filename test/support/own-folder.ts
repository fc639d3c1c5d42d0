import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** Makes a folder of a test file's own, which is removed after its tests. */
export function ownFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `stoa-${name}-`));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
