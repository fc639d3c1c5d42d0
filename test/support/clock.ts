import type { StoaProcess } from './processes.js';

const PRELOAD = new URL('moved-clock.ts', import.meta.url).href;

export const HOUR = 3_600_000;

/** A process whose time of day a test sets. */
export interface ClockedProcess extends StoaProcess {
  /** Moves its clock so many milliseconds from the real time, and resolves when that is done. */
  setClock(milliseconds: number): Promise<void>;
}

/** Starts a process whose clock can be moved. */
export async function startClocked(
  start: (env: Record<string, string>) => Promise<StoaProcess>,
): Promise<ClockedProcess> {
  const process = await start({ NODE_OPTIONS: `--import ${PRELOAD}` });
  return { ...process, setClock: (clock) => process.tell({ clock }) };
}
