import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import { configurationMarkdown, loadConfig } from '#libs/config';

const PATH = join(import.meta.dirname, '../../../docs/configuration.md');

describe('docs/configuration.md', () => {
  it('says what the table of settings says', () => {
    const same = readFileSync(PATH, 'utf8') === configurationMarkdown();
    expect(same, 'docs/configuration.md differs from the table of settings: run "npm run docs" to write it anew').toBe(
      true,
    );
  });

  it('names every setting once, with its default', () => {
    const rows = configurationMarkdown()
      .split('\n')
      .filter((line) => line.startsWith('| `'));
    const names = rows.map((row) => /^\| `(\w+)`/.exec(row)?.[1]);
    const { sources } = loadConfig('api', {});
    expect(names).toHaveLength(sources.length);
    expect(new Set(names)).toEqual(new Set(sources.map(({ name }) => name)));
    expect(rows.find((row) => row.includes('`STOA_FETCH_TIMEOUT`'))).toMatch(/\| `10m` +\| duration +\|/);
  });

  it('is laid out as the formatter wants it', async () => {
    const markdown = configurationMarkdown();
    const options = await resolveConfig(PATH);
    expect(await format(markdown, { ...options, parser: 'markdown' })).toBe(markdown);
  });
});
