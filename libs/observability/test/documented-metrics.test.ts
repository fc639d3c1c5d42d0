import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { Metrics } from '#libs/observability';

const text = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8');
/** Each name with what stands in braces after it, and how the series of a histogram end. */
const MENTION = /\b(stoa_[a-z_]+?)(?:_bucket|_count|_sum)?\b(?!_)(?:\{([^}]*)\})?/g;

it('the operators’ page names the metrics that there are, with labels that they have', async () => {
  const metrics = new Metrics();
  const labels = new Map<string, readonly string[]>();
  for (const metric of metrics.registry.getMetricsAsArray()) {
    const { name, labelNames } = metric as unknown as { name: string; labelNames: readonly string[] };
    if (name.startsWith('stoa_')) labels.set(name, labelNames);
  }
  const mentions = [...text.matchAll(MENTION)].map(([, name = '', braces = '']) => ({
    name,
    named: braces.split(',').flatMap((label) => /^\s*(\w+)/.exec(label)?.[1] ?? []),
  }));
  expect([...new Set(mentions.map(({ name }) => name))].sort()).toEqual([...labels.keys()].sort());
  expect(mentions.filter(({ name, named }) => named.some((label) => !labels.get(name)?.includes(label)))).toEqual([]);
});
