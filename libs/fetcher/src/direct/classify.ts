import { isIP } from 'node:net';
import type { RefusalKind } from '#libs/protocol';
import { canonicalHost } from '../guard/host.js';
import { reasonFrom } from '../reason.js';
import { type Cause, type FailureRow, FAILURES, NO_PROTOCOL } from './failure-table.js';
import { lookedAt } from './looked-at.js';

/** Why a go command failed, with a reason fit for the client. */
export interface Failure {
  readonly kind: RefusalKind;
  readonly cause: Cause;
  readonly reason: string;
}

/**
 * What a go command says of its failure, as far as it is looked at: in its JSON if it has an error there; how each
 * protocol failed is on stderr alone (`-v`).
 */
export function failureText(error: string | undefined, stderr: string): string {
  if (error === undefined) return lookedAt(stderr);
  return lookedAt(NO_PROTOCOL.test(error) ? `${error}\n${stderr}` : error);
}

/**
 * Classifies what a go command said when it failed; a text that no row knows is a fault of the source. `subject` is
 * what was asked (`<module>@<version>`, or the module), as it will stand before the reason. Where several protocols
 * failed, one by which the host says that nothing is there counts, else the first.
 */
export function classify(text: string, subject: string): Failure {
  const tries = triesIn(text).map((words) => byTable(words, subject));
  return tries.find(({ kind }) => kind === 'not-found') ?? tries[0] ?? byTable(text, subject);
}

/** Git's words, protocol by protocol, where go found none that leads to a repository; without those that we forbid. */
function triesIn(text: string): string[] {
  if (!NO_PROTOCOL.test(text)) return [];
  const tries = text.split(/^# cd .*; git ls-remote .*$/m).slice(1);
  return tries.filter((words) => !/transport '.*' not allowed/.test(words));
}

function byTable(text: string, subject: string): Failure {
  const words = withoutNames(text, subject);
  for (const [cause, rows] of FAILURES) {
    const row = rows.find((candidate) => candidate.text.test(words));
    if (row === undefined) continue;
    const own = row.short ? reasonFrom(row.text.exec(text)?.[0] ?? '') : ownReason(row, text);
    return { kind: row.kind, cause, reason: own || tellingReason(text, subject) };
  }
  return { kind: 'upstream', cause: 'unknown', reason: tellingReason(text, subject) };
}

function ownReason(row: FailureRow, text: string): string | undefined {
  const [, ...found] = row.host?.exec(text) ?? [];
  const host = canonicalHost(found.find((name) => name !== undefined) ?? '');
  return host === null || isIP(host) ? row.reason : `host ${host}: ${row.reason}`;
}

/** Takes names out of a text, for a module may be called `timeout` and live on a host called `TLS`. */
function withoutNames(text: string, subject: string): string {
  const module = moduleOf(subject);
  return text
    .replaceAll(/ in \/.*: exit status/g, ': exit status')
    .replaceAll(/\b[a-z+]+:\/\/[^\s"'?]*[^\s"'?:]/g, '<url>')
    .replaceAll(/import path "[^"]*"/g, 'import path')
    .replaceAll(subject, '<subject>')
    .replaceAll(module, '<module>')
    .replaceAll(/lookup \S+ on \S+:/g, 'lookup:');
}

/** Says in one line what go said in several. */
function tellingReason(text: string, subject: string): string {
  const lines = text.split('\n').filter((line) => line.trim() && !/^go: (downloading|finding|warning)/.test(line));
  // Behind `git ... in <folder>: exit status 128:` git's own words tell more than the command does.
  const git = lines.findLast((line) => /^\s+(fatal|ERROR|error): /.test(line));
  if (git && /: exit status \d+:$/.test(lines[0] ?? '')) return reasonFrom(`git: ${git.trim().replace(/^\w+: /, '')}`);

  let line = (lines[0] ?? '').replace(/^go: /, '');
  const module = moduleOf(subject);
  for (const prefix of [`module ${module}: `, `${subject}: `, `${module}: `]) {
    if (line.startsWith(prefix)) line = line.slice(prefix.length);
  }
  return reasonFrom(line) || 'the go command failed';
}

/** The module of what was asked: `<module>@<version>`, or the module. */
export function moduleOf(subject: string): string {
  return subject.replace(/@.*$/s, '');
}
