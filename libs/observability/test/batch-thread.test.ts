import { afterEach, expect, it } from 'vitest';
import { BatchThread, WorkerThread, type Settled } from '#libs/observability';

/** Answers each batch with its words, turned into capitals; `crash` ends it. */
const CHORUS = `import { parentPort } from 'node:worker_threads';
  parentPort.on('message', (words) => {
    if (words.includes('crash')) throw new Error('out of luck');
    parentPort.postMessage(words.map((word) => word.toUpperCase()));
  });`;

type Chorus = BatchThread<string, string, readonly string[], readonly string[]>;

const opened: Chorus[] = [];
afterEach(() => Promise.all(opened.splice(0).map((chorus) => chorus.close(new Error('the test is over')))));

/** A chorus, and the batches that go to it. */
function startChorus({ gather = false, most = 3 } = {}): { chorus: Chorus; batches: (readonly string[])[] } {
  const batches: (readonly string[])[] = [];
  const entry = new URL(`data:text/javascript,${encodeURIComponent(CHORUS)}`);
  const chorus: Chorus = new BatchThread({
    thread: new WorkerThread<readonly string[], readonly string[]>({ name: 'chorus', entry, memory: {} }),
    most,
    gather,
    pack: (words) => {
      batches.push(words);
      return words;
    },
    unpack: (words) =>
      words.map((word): Settled<string> => (word === 'WRONG' ? { error: new Error(word) } : { answer: word })),
  });
  opened.push(chorus);
  return { chorus, batches };
}

async function askAll(chorus: Chorus, words: readonly string[]): Promise<string[]> {
  const all = await Promise.allSettled(words.map((word) => chorus.ask(word)));
  return all.map((one) => (one.status === 'fulfilled' ? one.value : `rejected: ${(one.reason as Error).message}`));
}

it('sends together what comes at once or while the thread is busy, up to the most, and each gets its own answer', async () => {
  const { chorus, batches } = startChorus();
  expect(chorus.isBusy).toBe(false);
  const answers = askAll(chorus, ['a', 'b', 'wrong', 'd', 'e']);
  expect(chorus.isBusy).toBe(true);
  expect(await answers).toEqual(['A', 'B', 'rejected: WRONG', 'D', 'E']);
  expect(batches).toEqual([
    ['a', 'b', 'wrong'],
    ['d', 'e'],
  ]);
});

it('gathers first, where it is asked to', async () => {
  const { chorus, batches } = startChorus({ gather: true });
  expect(await askAll(chorus, ['a', 'b'])).toEqual(['A', 'B']);
  expect(batches).toEqual([['a', 'b']]);
});

it('rejects the batch over which the thread dies, and goes on with the next', async () => {
  const { chorus } = startChorus({ gather: true, most: 2 });
  expect(await askAll(chorus, ['a', 'crash', 'c'])).toEqual(['rejected: out of luck', 'rejected: out of luck', 'C']);
});

it('rejects what waits and what is under way when it is closed', async () => {
  const { chorus } = startChorus();
  const answers = askAll(chorus, ['a', 'b']);
  await chorus.close(new Error('enough'));
  expect(await answers).toEqual(['rejected: enough', 'rejected: enough']);
});
