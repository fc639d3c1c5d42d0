import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { expect, it } from 'vitest';

const MODULE = new URL('../../../dist/libs/observability/src/log-destination.js', import.meta.url).href;
/** Writes lines, few or more than a block, when it is told to, and exits at once or some turns later. */
const PROGRAM = `
  import { openDestination } from '${MODULE}';
  const destination = openDestination(1);
  process.on('message', ({ lines, later }) => {
    for (let n = 0; n < lines; n++) destination.write('a line of this log\\n');
    setTimeout(() => process.exit(0), later);
  });
  process.send('ready');
`;

async function start(log: number | 'pipe'): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', PROGRAM], {
    stdio: ['ignore', log, 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('the program does not run')));
  await Promise.race([once(child, 'message'), ended]);
  ended.catch(() => {});
  return child;
}

/** Gives the exit code of a process whose log goes to a file, or to a reader that is gone before the first line. */
async function ends(log: number | 'pipe', told: { readonly lines: number; readonly later: number }): Promise<unknown> {
  const child = await start(log);
  if (child.stdout) {
    child.stdout.destroy();
    await once(child.stdout, 'close');
  }
  child.send(told);
  const [code] = (await once(child, 'exit')) as [unknown];
  return code;
}

it.each([
  ['a line at exit', { lines: 1, later: 0 }],
  ['a block, and an exit behind it', { lines: 1_000, later: 300 }],
  ['more than is kept', { lines: 1_000_000, later: 0 }],
])('no process hangs or fails for a log that can not be written: %s', async (_what, told) => {
  expect(await ends('pipe', told)).toBe(0);
  expect(await ends(openSync('/dev/full', 'w'), told)).toBe(0);
});

it('what was written is there when the process has ended', async () => {
  const child = await start('pipe');
  let text = '';
  child.stdout!.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.send({ lines: 10_001, later: 0 });
  await once(child, 'close');
  expect(text).toBe('a line of this log\n'.repeat(10_001));
});
