import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A certificate that signs itself, and where it lies. */
export interface GitCertificate {
  readonly file: string;
  readonly key: string;
  readonly cert: string;
}

/** Makes a certificate of example.com and the hosts below it, in a folder. */
export async function gitCertificate(folder: string): Promise<GitCertificate> {
  const [key, file] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const names = 'subjectAltName=DNS:example.com,DNS:*.example.com';
  const options = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=example.com -addext ${names}`;
  await promisify(execFile)('openssl', [...options.split(' '), '-keyout', key, '-out', file]);
  return { file, key: await readFile(key, 'utf8'), cert: await readFile(file, 'utf8') };
}
