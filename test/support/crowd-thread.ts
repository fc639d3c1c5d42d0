// A crowd in a thread: it takes the names of a Crowd's methods and their words, and says when each is done.
import { parentPort, workerData } from 'node:worker_threads';

export type Order = [name: string, ...words: unknown[]];

// Loaded by Node itself, which knows files by their own names alone.
const { Crowd } = (await import(new URL('crowd.ts', import.meta.url).href)) as typeof import('./crowd.js');
const crowd = new Crowd(workerData as string) as unknown as Record<string, (...words: unknown[]) => Promise<unknown>>;

parentPort!.on('message', ([name, ...words]: Order) => {
  void crowd[name]!(...words).then(() => parentPort!.postMessage(null));
});
