import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Shot } from './load.js';

/** The table of the last run of `npm run test:chaos`, as docs/reliability.md shows it. */
export const TABLE = '.stoa/chaos/table.md';

/** Its other figures. */
export const FIGURES = '.stoa/chaos/figures.md';

export const HEAD = [
  '| scenario | requests | failed | hits p50/p99 ms before | during | after | of it left late, p99 | fetches of a file | recovery |',
  '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
];

interface Observed {
  readonly name: string;
  readonly shots: readonly Shot[];
  /** When the fault began and ended, on performance.now()'s clock. */
  readonly began: number;
  readonly ended: number;
  readonly recovery: number;
  readonly fetches: number;
}

/** Adds a scenario's row to the table of this run, and returns it. */
export function recordRow({ name, shots, began, ended, recovery, fetches }: Observed): string {
  const hits = shots.filter(({ kind }) => kind === 'hit');
  const meanwhile = hits.filter(({ due }) => due >= began && due < ended);
  const cells = [
    name,
    `${shots.length}`,
    failures(shots),
    latency(hits.filter(({ due }) => due < began)),
    latency(meanwhile),
    latency(hits.filter(({ due }) => due >= ended)),
    shareOf(meanwhile.map(({ due, left }) => left - due))(0.99),
    `${fetches}`,
    `${(recovery / 1000).toFixed(1)} s`,
  ];
  const row = `| ${cells.join(' | ')} |`;
  mkdirSync(dirname(TABLE), { recursive: true });
  appendFileSync(TABLE, `${row}\n`);
  return row;
}

function failures(shots: readonly Shot[]): string {
  const counts = new Map<string, number>();
  for (const { outcome } of shots) if (outcome !== 'ok') counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  if (counts.size === 0) return '0';
  return [...counts].map(([outcome, count]) => `${count} × ${outcome}`).join(', ');
}

function latency(shots: readonly Shot[]): string {
  const at = shareOf(shots.map(({ due, ended }) => ended - due));
  return `${at(0.5)} / ${at(0.99)}`;
}

/** Gives what a share of some milliseconds is at most. */
function shareOf(milliseconds: readonly number[]): (share: number) => string {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  return (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]?.toFixed(1) ?? '-';
}

/** Adds a sentence with figures that belong to no row. */
export function recordFigure(sentence: string): void {
  mkdirSync(dirname(TABLE), { recursive: true });
  appendFileSync(FIGURES, `- ${sentence}\n`);
}
