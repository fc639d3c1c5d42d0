import { createHash, createPublicKey, verify } from 'node:crypto';
import type { SumdbConfig } from '#libs/config';

/** The keys that the go command knows by heart (cmd/go/internal/modfetch/key.go). */
const WELL_KNOWN = ['sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8'];

/** Verifies what a database signs (golang.org/x/mod/sumdb/note). */
export interface VerifierKey {
  readonly name: string;
  /** Eight hex digits: with the name, what a signature says it is made with. */
  readonly hash: string;
  verify(text: Buffer, signature: Buffer): boolean;
}

/** The verifier key of a configured database, `name+hash+key`; null when nobody told it: nothing can be verified. */
export function verifierKeyOf({ name, verifierKey }: SumdbConfig): string | null {
  return verifierKey ?? WELL_KNOWN.find((key) => key.startsWith(`${name}+`)) ?? null;
}

/** Reads `name+hash+key`. Throws TypeError when it is malformed: the settings were checked. */
export function parseVerifierKey(text: string): VerifierKey {
  const [, name = '', hash = '', encoded = ''] = /^([^+\s]+)\+([\da-f]{8})\+([A-Za-z\d+/]+=*)$/.exec(text) ?? [];
  const bytes = Buffer.from(encoded, 'base64');
  const digest = createHash('sha256').update(`${name}\n`).update(bytes).digest('hex');
  // One byte for the algorithm, 1 for Ed25519, then the key.
  if (bytes.length !== 33 || bytes[0] !== 1 || digest.slice(0, 8) !== hash)
    throw new TypeError(`${name}: malformed verifier key`);
  const key = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: bytes.subarray(1).toString('base64url') },
    format: 'jwk',
  });
  return { name, hash, verify: (signed, signature) => verify(null, signed, key, signature) };
}
