import type { Client } from 'minio';
import type { CredentialProvider } from 'minio/dist/esm/CredentialProvider.mjs';
import { presignSignatureV4 } from 'minio/dist/esm/signing.mjs';
import type { StorageConfig } from '#libs/config';

type Encryption = Extract<StorageConfig, { kind: 's3' }>['encryption'];

/** A request that whoever holds its URL may make, with exactly these headers. */
export interface SignedPut {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Signs a PUT of an object, with the headers that ask for encryption: those must be part of the signature. */
export async function signPut(
  { client, provider, region }: { client: Client; provider: CredentialProvider; region: string },
  { bucket, name, seconds, encryption }: { bucket: string; name: string; seconds: number; encryption: Encryption },
): Promise<SignedPut> {
  const bare = await client.presignedPutObject(bucket, name, seconds);
  if (encryption === null) return { url: bare, headers: {} };
  const { protocol, host, pathname } = new URL(bare);
  const headers: Record<string, string> = { 'x-amz-server-side-encryption': encryption.algorithm };
  if (encryption.keyId !== undefined) headers['x-amz-server-side-encryption-aws-kms-key-id'] = encryption.keyId;
  const held = await provider.getCredentials();
  const request = { method: 'PUT', protocol, path: pathname, headers: { host, ...headers } };
  const keys = [held.getAccessKey(), held.getSecretKey(), held.getSessionToken()] as const;
  return { url: presignSignatureV4(request, ...keys, region, new Date(), seconds), headers };
}
