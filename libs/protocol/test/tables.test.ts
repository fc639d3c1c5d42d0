import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { answers, disagreements, type Case } from './answers.js';

type Table = Record<string, [Case['input'], unknown][]>;

const TESTDATA = new URL('../testdata/', import.meta.url);
const tables = readdirSync(TESTDATA).map((file) => ({ file, table: readTable(file) }));

function readTable(file: string): Table {
  return JSON.parse(readFileSync(new URL(file, TESTDATA), 'utf8'));
}

describe.each(tables)('the answers of x/mod in $file', ({ table }) => {
  it.each(Object.entries(table))('are ours for %s', (name, rows) => {
    expect(rows.length).toBeGreaterThan(50);
    expect(disagreements(rows.map(([input, output]) => ({ function: name, input, output })))).toEqual([]);
  });
});

it('has a table for each function that the judge answers', () => {
  const asked = tables.flatMap(({ table }) => Object.keys(table));
  expect(asked.sort()).toEqual(Object.keys(answers).sort());
});
