import { parentPort, workerData } from 'node:worker_threads';

/** What a crowd in a thread is told: the name of a method of Crowd, and its words. It answers each when it is done. */
export type Order = readonly [deed: string, ...words: unknown[]];

// Loaded by Node itself, which knows files by their own names alone.
const { Crowd } = (await import(new URL('crowd.ts', import.meta.url).href)) as typeof import('./crowd.js');
const crowd = new Crowd(workerData as string) as unknown as Record<string, (...words: unknown[]) => Promise<unknown>>;

const port = parentPort;
port?.on('message', async ([deed, ...words]: Order) => {
  await crowd[deed]!(...words);
  port.postMessage(null, []);
});
