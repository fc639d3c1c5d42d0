import { z } from 'zod';
import { metaOf, SECTIONS } from './setting.js';
import { settingsSchema, UNSUPPORTED, UNSUPPORTED_PROTECTION } from './settings.js';

const OPENING = `# Configuration

<!-- Generated from the table of settings: change libs/config/src/settings.ts and run "npm run docs". -->

Stoa is configured by environment variables. A value that can't be used stops the start, with one line for each fault. A \`STOA_\` name that is nearly a setting stops it too, for it is a typo; any other unknown one is a warning. \`stoa config\` prints what is in force and where it comes from, without secrets.

- A variable that is set but empty counts as unset. Relative paths start at the working directory.
- **Secrets** (marked with *) are also read from a file: \`STOA_REDIS_PASSWORD_FILE=/run/secrets/redis\`. The newline at its end is dropped.
- **Durations**: \`30s\`, \`5m\`, \`1h30m\`, \`500ms\`, \`0\`. **Sizes**: \`64MiB\`, \`5GB\`, or a number of bytes. **Addresses**: \`host:port\`, \`:port\`, \`[::1]:port\`, \`unix:/path\`.
- **TLS to Redis** is asked for by \`rediss://\`: in the URL, or before an entry of the Sentinels or the Cluster. \`NODE_EXTRA_CA_CERTS\` names a file of further certificate authorities. In a URL, special characters of user and password are written as %-escapes.
- **Go's own names** keep their Go meaning. \`STOA_GO_ENV\` wins over the environment, which wins over \`go env\`. Where Go passes over a pattern that can match no module (a space after a comma, \`https://\`), Stoa does not start: the modules that are meant would not be private.
- **The go command** gets an environment of its own: \`PATH\`, \`HTTP_PROXY\`, \`HTTPS_PROXY\`, \`NO_PROXY\` (lower case too), \`SSL_CERT_FILE\`, \`SSL_CERT_DIR\`, \`GIT_SSL_CAINFO\`, \`SSH_AUTH_SOCK\` and \`TMPDIR\` pass; anything else comes from \`STOA_GO_ENV\`. Git trusts \`SSL_CERT_FILE\` too, where neither \`GIT_SSL_CAINFO\` nor a git configuration says otherwise. Stoa's own HTTP client honours the same proxy and certificate variables. Go and git reach that proxy through one of Stoa's own, which [checks where they connect to](operations.md#where-stoa-may-connect-to).
`;

/** Gives docs/configuration.md, from the table of settings. */
export function configurationMarkdown(): string {
  const sections = SECTIONS.map((section) => `## ${section}\n\n${table(rowsOf(section))}`);
  return [
    OPENING,
    ...sections,
    `## Not supported by this version\n\nSetting one of these is a warning, and has no effect: ${names(UNSUPPORTED)}.\n\nThese would protect something, so they stop the start: ${names(UNSUPPORTED_PROTECTION)}.\n`,
  ].join('\n');
}

function names(list: readonly string[]): string {
  return list.map((name) => `\`${name}\``).join(', ');
}

function rowsOf(section: string): string[][] {
  return Object.entries(settingsSchema.shape)
    .map(([name, schema]) => ({ name, kind: kindOf(schema), ...metaOf(schema) }))
    .filter((setting) => setting.section === section)
    .map(({ name, kind, description, fallback, secret }) => {
      const constant = typeof fallback === 'string' ? fallback && `\`${fallback}\`` : fallback?.documented;
      return [`\`${name}\`${secret ? ' \\*' : ''}`, constant || 'none', kind, description];
    });
}

function kindOf(schema: z.ZodType): string {
  const inner = schema instanceof z.ZodOptional ? schema.unwrap() : schema;
  return (inner instanceof z.ZodType && inner.description) || '';
}

/** Lays a table out as Prettier does, so that the formatter and the generator agree. */
function table(rows: readonly string[][]): string {
  const all = [['Name', 'Default', 'Kind', 'Meaning'], ...rows];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |\n`;
  const [head = [], ...body] = all;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('');
}
