const UNPRINTABLE = /[^\p{L}\p{N}\p{P}\p{S} ]/gu;
const LONGEST = 120;

/** Why a zip is no module zip: one line for the client, without the module and version. */
export class ZipFault extends Error {
  override readonly name = 'ZipFault';
}

/** A name out of a zip, fit for a message: quoted, printable and short whatever its bytes are. */
export function quoted(name: string): string {
  const short = name.length > LONGEST ? `${name.slice(0, LONGEST)}...` : name;
  return `"${short.toWellFormed().replace(UNPRINTABLE, '?')}"`;
}
