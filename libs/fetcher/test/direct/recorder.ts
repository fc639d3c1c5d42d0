import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** `go` and `git` that note their process ids and arguments, then become the real ones. */
export interface Recorder {
  /** A PATH on which they come first. */
  readonly path: string;
  /** Where they are, and nothing else. */
  readonly folder: string;
  /** Lines `<pid> <program> <arguments>` so far. */
  lines(): Promise<string[]>;
  close(): Promise<void>;
}

export async function startRecorder(): Promise<Recorder> {
  const folder = await mkdtemp(join(tmpdir(), 'recorder-'));
  const record = join(folder, 'record');
  await writeFile(record, '');
  for (const program of ['go', 'git']) {
    const real = execFileSync('which', [program], { encoding: 'utf8' }).trim();
    const file = join(folder, program);
    await writeFile(file, `#!/bin/sh\nprintf '%s ${program} %s\\n' $$ "$*" >> '${record}'\nexec '${real}' "$@"\n`);
    await chmod(file, 0o755);
  }
  return {
    path: `${folder}:${process.env['PATH'] ?? ''}`,
    folder,
    lines: async () => (await readFile(record, 'utf8')).trim().split('\n'),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
