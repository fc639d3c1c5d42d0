import { readFile } from 'node:fs/promises';
import { CredentialProvider } from 'minio/dist/esm/CredentialProvider.mjs';
import { Credentials } from 'minio/dist/esm/Credentials.mjs';
import { request } from 'undici';
import type { StorageConfig } from '#libs/config';
import { RefusalError } from '#libs/protocol';

type S3Credentials = Extract<StorageConfig, { kind: 's3' }>['credentials'];

/** Keys that hold until `expires`, in milliseconds since the epoch. */
interface Issued {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly sessionToken: string;
  readonly expires: number;
}

/** Credentials are renewed so long before they expire that a renewal may fail for a while, in milliseconds. */
const AHEAD = 5 * 60_000;
/** How long after a failed renewal the next is tried, in milliseconds, while others still hold. */
const BACK_OFF = 30_000;
/** Longest answer of an issuer, in milliseconds. */
const PATIENCE = 5_000;
/** Seconds that a session at the metadata service lasts. */
const METADATA_SESSION = '300';

/** Gives what the S3 client signs with. Ours in place of the client's own, which reads the environment by itself. */
export function credentialProvider(credentials: S3Credentials): CredentialProvider {
  switch (credentials.kind) {
    case 'keys':
      return new CredentialProvider(credentials);
    case 'web-identity':
      return new RenewedCredentials(() => fromTokenService(credentials));
    case 'container':
      return new RenewedCredentials(() => fromAgent(credentials));
    case 'instance':
      return new RenewedCredentials(() => fromMetadata(credentials.endpoint));
  }
}

/**
 * Temporary credentials. Those that hold are given at once, and renewed meanwhile when they will not hold for long.
 * `getCredentials` throws RefusalError `busy` when there are none.
 */
class RenewedCredentials extends CredentialProvider {
  private issued: Issued | null = null;
  private renewal: Promise<Issued> | null = null;
  /** When the next renewal may be tried, on performance.now()'s clock. */
  private next = 0;

  constructor(private readonly issue: () => Promise<Issued>) {
    super({ accessKey: '', secretKey: '' });
  }

  override async getCredentials(): Promise<Credentials> {
    const held = this.issued;
    const left = (held?.expires ?? 0) - Date.now();
    if (!held || left <= 0) return new Credentials(await this.renew());
    if (left < AHEAD && performance.now() > this.next) this.renew().catch(() => {});
    return new Credentials(held);
  }

  private async renew(): Promise<Issued> {
    this.next = performance.now() + BACK_OFF;
    this.renewal ??= this.issue().finally(() => (this.renewal = null));
    try {
      this.issued = await this.renewal;
    } catch (cause) {
      throw new RefusalError('busy', 'no credentials for the storage can be had', { cause });
    }
    this.next = 0;
    return this.issued;
  }
}

/** AssumeRoleWithWebIdentity of the AWS Security Token Service (API version 2011-06-15). */
async function fromTokenService({
  endpoint,
  roleArn,
  sessionName,
  tokenFile,
}: Extract<S3Credentials, { kind: 'web-identity' }>): Promise<Issued> {
  const form = new URLSearchParams({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: roleArn,
    RoleSessionName: sessionName,
    WebIdentityToken: (await readFile(tokenFile, 'utf8')).trim(),
  });
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const xml = await ask(endpoint, { method: 'POST', headers, body: form.toString() });
  const field = (name: string): unknown => new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  return issuedFrom({
    AccessKeyId: field('AccessKeyId'),
    SecretAccessKey: field('SecretAccessKey'),
    Token: field('SessionToken'),
    Expiration: field('Expiration'),
  });
}

/** The credentials endpoint of containers, as ECS and EKS pod identity have it. */
async function fromAgent({ url, tokenFile }: Extract<S3Credentials, { kind: 'container' }>): Promise<Issued> {
  const authorization = tokenFile === undefined ? null : (await readFile(tokenFile, 'utf8')).trim();
  return issuedFrom(JSON.parse(await ask(url, { headers: authorization === null ? {} : { authorization } })));
}

/** The role of the machine: the instance metadata service, version 2. */
async function fromMetadata(endpoint: URL): Promise<Issued> {
  const token = await ask(new URL('/latest/api/token', endpoint), {
    method: 'PUT',
    headers: { 'x-aws-ec2-metadata-token-ttl-seconds': METADATA_SESSION },
  });
  const headers = { 'x-aws-ec2-metadata-token': token };
  const roles = new URL('/latest/meta-data/iam/security-credentials/', endpoint);
  const [role = ''] = (await ask(roles, { headers })).trim().split('\n');
  return issuedFrom(JSON.parse(await ask(new URL(encodeURIComponent(role.trim()), roles), { headers })));
}

async function ask(url: URL, options: Parameters<typeof request>[1]): Promise<string> {
  const { statusCode, body } = await request(url, { ...options, signal: AbortSignal.timeout(PATIENCE) });
  const text = await body.text();
  // The text may hold what should not be in a log.
  if (statusCode !== 200) throw new Error(`the issuer of credentials says status ${statusCode}`);
  return text;
}

function issuedFrom(answer: unknown): Issued {
  const fields = (answer ?? {}) as Readonly<Record<string, unknown>>;
  const { AccessKeyId: accessKey, SecretAccessKey: secretKey, Token: sessionToken, Expiration } = fields;
  const expires = Date.parse(String(Expiration));
  if (typeof accessKey !== 'string' || typeof secretKey !== 'string' || typeof sessionToken !== 'string')
    throw new Error('the issuer of credentials gives none');
  if (Number.isNaN(expires)) throw new Error('the issuer of credentials does not say how long they hold');
  return { accessKey, secretKey, sessionToken, expires };
}
