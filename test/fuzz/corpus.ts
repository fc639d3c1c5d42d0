import { readFileSync } from 'node:fs';

const FILE = new URL('testdata/corpus.txt', import.meta.url);

/** Reads the kept texts: one a line, quoted as in JSON; empty lines and those that begin with `#` say what follows. */
export function readCorpus(): string[] {
  return readFileSync(FILE, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => JSON.parse(line) as string);
}
