import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AssumeRoleProvider } from 'minio/dist/esm/AssumeRoleProvider.mjs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { readBody } from '#libs/storage';
import { S3ObjectStore } from '../src/s3/s3.object-store.js';
import { startMinio, type Minio } from '../../../test/support/minio.js';
import { bucketOn } from './conformance/bucket.js';

type S3Credentials = ConstructorParameters<typeof S3ObjectStore>[0]['credentials'];

let minio: Minio;
let folder: string;
let buckets = 0;

beforeAll(async () => {
  [minio, folder] = await Promise.all([startMinio(), mkdtemp(join(tmpdir(), 'stoa-credentials-'))]);
});
afterAll(async () => {
  await minio.stop();
  await rm(folder, { recursive: true });
});

/** Temporary credentials that the server has really given. */
async function temporary(): Promise<{ AccessKeyId: string; SecretAccessKey: string; Token: string }> {
  const { accessKey, secretKey, endpoint: stsEndpoint } = minio;
  // Its token service comes up after the rest of it.
  const given = await vi.waitFor(
    () => new AssumeRoleProvider({ stsEndpoint, accessKey, secretKey }).getCredentials(),
    30_000,
  );
  return {
    AccessKeyId: given.getAccessKey(),
    SecretAccessKey: given.getSecretKey(),
    Token: given.getSessionToken() ?? '',
  };
}

/** An issuer of credentials on loopback: what it was asked. */
async function startIssuer(
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void | Promise<void>,
): Promise<URL> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    await answer(request, response, Buffer.concat(chunks).toString());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

const soon = (milliseconds: number): string => new Date(Date.now() + milliseconds).toISOString();

async function storeWith(credentials: S3Credentials): Promise<S3ObjectStore> {
  const store = new S3ObjectStore({ ...bucketOn(minio, `credentials-${++buckets}`), credentials });
  onTestFinished(() => store.close());
  await store.open();
  return store;
}

async function writesAndReads(store: S3ObjectStore): Promise<void> {
  expect(await store.put('a/x', Buffer.from('x'), { size: 1, mode: 'create' })).toBe(true);
  expect(await store.put('a/x', Buffer.from('y'), { size: 1, mode: 'create' })).toBe(false);
  expect(await readBody((await store.get('a/x'))!.body)).toEqual(Buffer.from('x'));
}

describe('the credentials for a bucket', () => {
  it('are temporary keys with their session token', async () => {
    const { AccessKeyId: accessKey, SecretAccessKey: secretKey, Token: sessionToken } = await temporary();
    await writesAndReads(await storeWith({ kind: 'keys', accessKey, secretKey, sessionToken }));
    await expect(storeWith({ kind: 'keys', accessKey, secretKey })).rejects.toMatchObject({
      kind: 'busy',
      message: 'the storage denies access',
    });
  });

  it('come from the token service for the token in a file, which is read at each renewal', async () => {
    const tokenFile = join(folder, 'token');
    await writeFile(tokenFile, 'first\n');
    const asked: URLSearchParams[] = [];
    const endpoint = await startIssuer(async (_request, response, body) => {
      asked.push(new URLSearchParams(body));
      const { AccessKeyId, SecretAccessKey, Token } = await temporary();
      response.end(
        `<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>${AccessKeyId}</AccessKeyId><SecretAccessKey>${SecretAccessKey}</SecretAccessKey><SessionToken>${Token}</SessionToken><Expiration>${soon(60_000)}</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`,
      );
    });
    const store = await storeWith({ kind: 'web-identity', endpoint, roleArn: 'arn:r', sessionName: 's', tokenFile });
    await writeFile(tokenFile, 'second');
    await writesAndReads(store);
    expect(Object.fromEntries(asked[0]!)).toEqual({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: 'arn:r',
      RoleSessionName: 's',
      WebIdentityToken: 'first',
    });
    // They hold for a minute, and are renewed five minutes ahead: a use renews them.
    const lastToken = async (): Promise<string | null> => {
      await store.stat('a/x');
      return asked.at(-1)!.get('WebIdentityToken');
    };
    await expect.poll(lastToken).toBe('second');
  });

  it('come from the agent of a container, with what it wants as Authorization', async () => {
    const tokenFile = join(folder, 'authorization');
    await writeFile(tokenFile, 'let me in\n');
    let asked = 0;
    const url = await startIssuer(async ({ headers }, response) => {
      asked++;
      if (headers.authorization !== 'let me in') return void response.writeHead(401).end();
      response.end(JSON.stringify({ ...(await temporary()), Expiration: soon(3_600_000) }));
    });
    await writesAndReads(await storeWith({ kind: 'container', url, tokenFile }));
    expect(asked).toBe(1);
    await expect(storeWith({ kind: 'container', url })).rejects.toMatchObject({
      kind: 'busy',
      message: 'no credentials for the storage can be had',
    });
  });

  it('come from the metadata of the machine, by its second version', async () => {
    const endpoint = await startIssuer(async ({ method, url, headers }, response) => {
      if (method === 'PUT' && url === '/latest/api/token') return void response.end('session');
      if (headers['x-aws-ec2-metadata-token'] !== 'session') return void response.writeHead(401).end();
      if (url === '/latest/meta-data/iam/security-credentials/') return void response.end('the role');
      if (url !== '/latest/meta-data/iam/security-credentials/the%20role') return void response.writeHead(404).end();
      response.end(JSON.stringify({ Code: 'Success', ...(await temporary()), Expiration: soon(3_600_000) }));
    });
    await writesAndReads(await storeWith({ kind: 'instance', endpoint }));
  });

  it('go on while they hold, when they can not be renewed', async () => {
    let asked = 0;
    const url = await startIssuer(async (_request, response) => {
      if (++asked > 1) return void response.writeHead(500).end('not now');
      response.end(JSON.stringify({ ...(await temporary()), Expiration: soon(60_000) }));
    });
    await writesAndReads(await storeWith({ kind: 'container', url }));
    await expect.poll(() => asked).toBeGreaterThan(1);
  });
});

describe('server-side encryption', () => {
  it('is asked for with each object, in headers that are part of the signature', async () => {
    const seen: IncomingMessage['headers'][] = [];
    const urls: string[] = [];
    const front = await startIssuer(({ url, method, headers }, response) => {
      if (method === 'PUT') {
        urls.push(url ?? '');
        seen.push(headers);
      }
      response.writeHead(200).end();
    });
    const store = new S3ObjectStore(
      {
        ...bucketOn({ ...minio, endpoint: front.origin }, 'encrypted'),
        encryption: { algorithm: 'aws:kms', keyId: 'the-key' },
      },
      undefined,
      false,
    );
    onTestFinished(() => store.close());
    expect(await store.put('a/x', Buffer.from('x'), { size: 1, mode: 'replace' })).toBe(true);
    expect(seen.at(-1)).toMatchObject({
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'the-key',
    });
    const query = new URL(urls[0]!, front).searchParams;
    expect(query.get('X-Amz-SignedHeaders')).toBe(
      'host;x-amz-server-side-encryption;x-amz-server-side-encryption-aws-kms-key-id',
    );
    expect(signatureOf(new URL(urls[0]!, front), seen.at(-1)!)).toBe(query.get('X-Amz-Signature'));
  });
});

/** The signature of a presigned PUT by the rules of AWS Signature Version 4, from its parts. */
function signatureOf(url: URL, headers: IncomingMessage['headers']): string {
  const query = url.search
    .slice(1)
    .split('&')
    .filter((part) => !part.startsWith('X-Amz-Signature='))
    .toSorted()
    .join('&');
  const names = url.searchParams.get('X-Amz-SignedHeaders')!.split(';');
  const canonical = [
    'PUT',
    url.pathname,
    query,
    ...names.map((name) => `${name}:${String(headers[name])}`),
    '',
    names.join(';'),
    'UNSIGNED-PAYLOAD',
  ].join('\n');
  const [date, region, service, end] = url.searchParams.get('X-Amz-Credential')!.split('/').slice(1);
  const scope = [date, region, service, end].join('/');
  const hash = createHash('sha256').update(canonical).digest('hex');
  const toSign = ['AWS4-HMAC-SHA256', url.searchParams.get('X-Amz-Date'), scope, hash].join('\n');
  const key = [date, region, service, end].reduce<string | Buffer>(
    (secret, part) => hmac(secret, part!),
    `AWS4${minio.secretKey}`,
  );
  return hmac(key, toSign).toString('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
