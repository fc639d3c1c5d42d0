import { printable } from '#libs/protocol';

/** Bytes of a name that a message shows: two of them and the words fit into a refusal. */
const SHOWN = 150;

/** Why a zip is no module zip: one line for the client, without the module and version. */
export class ZipFault extends Error {
  override readonly name = 'ZipFault';
}

/** A name out of a zip, fit for a message: quoted, printable and short whatever its bytes are. */
export function quoted(name: string): string {
  return `"${printable(name, SHOWN)}"`;
}
