import { styleText } from 'node:util';

// The end of a terminal must not end the supervisor before it has stopped what it started.
process.stderr.on('error', () => undefined);

/** Tells the person who started Stoa one thing, on stderr: stdout is the log of the apps and nothing else. */
export function say(line: string): void {
  process.stderr.write(`stoa: ${line}\n`);
}

/** Tells how to use a Stoa that serves `url`, and where it keeps its data. */
export function sayReady(url: string, dataDir: string): void {
  process.stderr.write(`
  ${bold(`Stoa serves ${url}`)}

  To use it:     ${bold(`export GOPROXY=${url}`)}
  Its data:      ${dataDir}
  To stop it:    Ctrl-C

`);
}

function bold(text: string): string {
  return styleText('bold', text, { stream: process.stderr });
}
