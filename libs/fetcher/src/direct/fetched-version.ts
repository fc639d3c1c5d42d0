import { readFile, rename, stat } from 'node:fs/promises';

import { formatInfo, type Info, parseInfo, RefusalError } from '#libs/protocol';
import type { FetchedFile, FetchedText } from '../fetcher.js';
import type { GoAnswer } from './go-answer.js';

/** The source of everything that the go command fetches, as it stands in receipts. */
const SOURCE = 'direct';

/** The small files of a version; one go command makes both. */
export interface FetchedVersion {
  readonly info: FetchedText;
  readonly mod: FetchedText;
}

/**
 * Reads `.info` and `.mod` from where the go command put them. Throws a RefusalError when they are not there, or when
 * the version is not the one that is expected.
 */
export async function readVersion(answer: GoAnswer, subject: string, expected?: string): Promise<FetchedVersion> {
  const { version, mod } = answer;
  if (!version || !mod) throw new RefusalError('upstream', `${subject}: the go command names no version`);
  if (expected !== undefined && version !== expected) {
    throw new RefusalError('not-found', `${subject}: invalid version: resolves to version ${version}`);
  }
  return {
    // `go list` does not name the .info, which lies beside the .mod.
    info: { bytes: await readInfo(answer, version, answer.info ?? mod.replace(/mod$/, 'info')), source: SOURCE },
    mod: { bytes: await readFile(mod), source: SOURCE },
  };
}

/** Moves the zip out of a job's module cache. */
export async function takeZip({ zip }: GoAnswer, target: string, subject: string): Promise<FetchedFile> {
  if (!zip) throw new RefusalError('upstream', `${subject}: the go command names no zip`);
  await rename(zip, target);
  return { path: target, size: (await stat(target)).size, source: SOURCE };
}

async function readInfo(answer: GoAnswer, version: string, path: string): Promise<Buffer> {
  const bytes = await readFile(path).catch(() => null);
  const info = bytes && parseInfo(bytes);
  if (!bytes || info?.Version !== version) {
    return formatInfo(withoutPassword({ Version: version, Time: answer.time, Origin: answer.origin }));
  }
  const clean = withoutPassword(info);
  return clean === info ? bytes : formatInfo(clean);
}

/** A go-import page may name a repository with a password in its URL. */
function withoutPassword(info: Info): Info {
  const url = typeof info.Origin === 'object' && info.Origin && 'URL' in info.Origin ? info.Origin.URL : null;
  if (typeof url !== 'string' || !/:\/\/[^/@]*:[^/]*@/.test(url)) return info;
  return { Version: info.Version, ...(info.Time === undefined ? {} : { Time: info.Time }) };
}
