import type { Environment } from './environment.js';
import { metaOf } from './setting.js';
import { settingsSchema, UNSUPPORTED, UNSUPPORTED_PROTECTION } from './settings.js';

/** What Kubernetes sets for a service that is called `stoa` or `stoa-something`: nobody's typo. */
const SERVICE_LINK = /_SERVICE_(?:HOST|PORT(?:_\w+)?)$|_PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?$/;

/** How many letters a typo changes at most. */
const TYPO = 2;

/**
 * Looks at the names of variables that begin with `STOA_`: a typo of a setting is a fault, a setting that is not
 * supported yet or not known at all is a warning, unless it would have protected something. `STOA_TEST_*` belongs to the tests.
 */
export function checkNames(env: Environment, faults: string[], warnings: string[]): void {
  const known = knownNames();
  const unsupported = withFiles(UNSUPPORTED);
  const protection = withFiles(UNSUPPORTED_PROTECTION);
  const candidates = [...known, ...UNSUPPORTED, ...UNSUPPORTED_PROTECTION];
  for (const name of Object.keys(env).sort()) {
    if (!name.startsWith('STOA_') || name.startsWith('STOA_TEST_') || known.has(name)) continue;
    if (unsupported.has(name)) {
      if (env[name]) warnings.push(`${name} is not supported by this version`);
      continue;
    }
    if (protection.has(name)) {
      if (env[name]) faults.push(`${name} is not supported by this version, so it would protect nothing`);
      continue;
    }
    if (SERVICE_LINK.test(name)) continue;
    const meant = nearest(name, candidates);
    if (meant) faults.push(`${name} is not a setting; did you mean ${meant}?`);
    else warnings.push(`${name} is not a setting`);
  }
}

function withFiles(names: readonly string[]): Set<string> {
  return new Set(names.flatMap((name) => [name, `${name}_FILE`]));
}

function knownNames(): Set<string> {
  return new Set(
    Object.entries(settingsSchema.shape).flatMap(([name, schema]) =>
      metaOf(schema).secret && name.startsWith('STOA_') ? [name, `${name}_FILE`] : [name],
    ),
  );
}

function nearest(name: string, candidates: readonly string[]): string | undefined {
  const near = candidates.map((candidate) => ({ candidate, distance: editDistance(name, candidate) }));
  return near.filter(({ distance }) => distance <= TYPO).sort((a, b) => a.distance - b.distance)[0]?.candidate;
}

/** Counts the letters to insert, delete or replace to make one word of the other (Levenshtein). */
export function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [line, letter] of from.split('').entries()) {
    const next = [line + 1];
    for (const [column, other] of to.split('').entries()) {
      const replaced = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
