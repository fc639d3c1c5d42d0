import { compareText, type Semver } from './semver.js';

/** A listed version with what orders it, made once and compared often. */
export interface Listed {
  readonly version: string;
  /** Orders by major, minor and patch, where these are small, as they are in all but hostile lists. */
  readonly core: number;
  /** Orders, as a text, what is equal in that: by longer numbers, then by prerelease. */
  readonly rest: string;
}

/** From this number on the texts decide: three that are smaller fit in one number. */
const LARGE = 99_999;
/** Comes after the text of any prerelease. */
const RELEASE = '\uffff';

/** What orders a version in a list as compareVersions does, and by bytes where that finds them equal (x/mod semver.Sort). */
export function listed(version: string, { major, minor, patch, prerelease }: Semver): Listed {
  let core = 0;
  let isLarge = false;
  for (const digits of [major, minor, patch]) {
    isLarge ||= digits.length > 5 || Number(digits) === LARGE;
    core = core * (LARGE + 1) + (isLarge ? LARGE : Number(digits));
  }
  const numbers = isLarge ? [major, minor, patch].map(orderedNumber).join('') : '';
  return { version, core, rest: numbers + (prerelease === '' ? RELEASE : orderedPrerelease(prerelease)) };
}

/** Compares for Array.sort. */
export function compareListed(a: Listed, b: Listed): number {
  return a.core - b.core || compareText(a.rest, b.rest) || compareText(a.version, b.version);
}

/** Digits as a text that is greater the greater the number: what has more of them is. */
function orderedNumber(digits: string): string {
  return String.fromCharCode(digits.length) + digits;
}

/** Numbers come before words, and an identifier more after one less. */
function orderedPrerelease(prerelease: string): string {
  const identifiers = prerelease.slice(1).split('.');
  return identifiers.map((text) => (/^\d+$/.test(text) ? `0${orderedNumber(text)}` : `1${text}`)).join('\0');
}
