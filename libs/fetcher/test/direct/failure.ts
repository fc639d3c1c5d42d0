/** What the go command prints when it fails, and what that comes to. */
export type Failure = readonly [text: string, kind: string, reason: string];

export const M = 'example.com/m';
export const V = `${M}@v1.0.0`;
/** What go says when git fails: the command and its folder, then git's own lines. */
export const git = (command: string, ...lines: string[]): string =>
  [
    `go: ${V}: invalid version: git ${command} in /srv/stoa/go/mod/cache/vcs/0a1b2c: exit status 128:`,
    ...lines.map((line) => `\t${line}`),
  ].join('\n');
/** What go says when it finds no repository. */
export const page = (end: string): string => `go: ${V}: unrecognized import path "${M}": ${end}`;
