import { afterEach, expect, it } from 'vitest';
import { WorkerThread } from '#libs/observability';

const PARROT = `import { parentPort, threadId } from 'node:worker_threads';
  const wasted = [];
  parentPort.on('message', (word) => {
    if (word === 'crash') throw new Error('out of luck');
    if (word === 'exit') process.exit(7);
    while (word === 'hang');
    while (word === 'waste') wasted.push(new Array(100_000).fill(word + wasted.length));
    parentPort.postMessage({ word, threadId });
  });`;

const threads: WorkerThread<string, { word: string; threadId: number }>[] = [];
afterEach(() => Promise.all(threads.splice(0).map((thread) => thread.end(new Error('the test is over')))));

function parrot(): (typeof threads)[number] {
  const entry = new URL(`data:text/javascript,${encodeURIComponent(PARROT)}`);
  const thread = new WorkerThread<string, { word: string; threadId: number }>({
    name: 'parrot',
    entry,
    memory: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
  });
  threads.push(thread);
  return thread;
}

it('answers one question after the other', async () => {
  const thread = parrot();
  const first = await thread.ask('one');
  expect(first.word).toBe('one');
  expect(await thread.ask('two')).toEqual({ word: 'two', threadId: first.threadId });
});

it.each([
  ['crashes', 'crash', 'out of luck'],
  ['exits', 'exit', 'a parrot thread ended with code 7'],
  ['takes too much memory', 'waste', /memory limit/],
])('rejects the question over which it %s, and is started again for the next', async (_how, word, reason) => {
  const thread = parrot();
  const before = await thread.ask('before');
  await expect(thread.ask(word)).rejects.toThrow(reason);
  const after = await thread.ask('after');
  expect(after.word).toBe('after');
  expect(after.threadId).not.toBe(before.threadId);
});

it('rejects a question under way when it is ended, and answers the next at once', async () => {
  const thread = parrot();
  thread.open();
  const hanging = thread.ask('hang');
  const ended = thread.end(new Error('enough'));
  const next = thread.ask('next');
  await expect(hanging).rejects.toThrow('enough');
  await ended;
  expect(await next).toMatchObject({ word: 'next' });
});
