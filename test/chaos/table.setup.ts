import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { FIGURES, HEAD, TABLE } from './report.js';

/** Begins the table of this run, and prints it at the end. */
export default function setup(): () => void {
  mkdirSync(dirname(TABLE), { recursive: true });
  writeFileSync(TABLE, `${HEAD.join('\n')}\n`);
  writeFileSync(FIGURES, '');
  return () => {
    for (const file of [TABLE, FIGURES]) console.log(`\n${readFileSync(file, 'utf8')}(${file})`);
  };
}
