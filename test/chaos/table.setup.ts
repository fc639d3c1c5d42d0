import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { HEAD, TABLE } from './report.js';

/** Begins the table of this run, and prints it at the end. */
export default function setup(): () => void {
  mkdirSync(dirname(TABLE), { recursive: true });
  writeFileSync(TABLE, `${HEAD.join('\n')}\n`);
  return () => {
    if (existsSync(TABLE)) console.log(`\n${readFileSync(TABLE, 'utf8')}\n(${TABLE})`);
  };
}
