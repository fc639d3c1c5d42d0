import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';

/** The built one: a plain process can't load TypeScript. */
const LIFECYCLE = new URL('../../../dist/libs/observability/src/lifecycle.js', import.meta.url).href;

/** Takes over from who listened while a process started, and prints how few listened meanwhile, and how many do after it. */
const TAKE_OVER = `
  const { stopOnSignal } = await import('${LIFECYCLE}');
  process.once('SIGTERM', () => process.exit(0));
  let fewest = Infinity;
  process.on('removeListener', (name) => {
    if (name === 'SIGTERM') fewest = Math.min(fewest, process.listenerCount(name));
  });
  stopOnSignal({ log: {}, grace: 0, stop: async () => {} });
  console.log(fewest, process.listenerCount('SIGTERM'));
  process.exit();
`;

it('at no time does nobody listen to a signal, which would be lost', () => {
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', TAKE_OVER], { encoding: 'utf8' });
  expect(printed).toBe('1 1\n');
});
