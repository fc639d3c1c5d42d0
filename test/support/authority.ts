import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Files of a certificate authority of a test's own, and of a certificate of loopback that it signed. */
export interface Authority {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Makes an authority and a certificate of localhost and, unless said, of 127.0.0.1, in a folder. */
export async function makeAuthority(folder: string, names = 'DNS:localhost,IP:127.0.0.1'): Promise<Authority> {
  const path = (name: string): string => join(folder, `${name}.pem`);
  const openssl = (words: string): Promise<unknown> =>
    promisify(execFile)('openssl', words.split(' '), { cwd: folder });
  const made = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2';
  await openssl(`${made} -subj /CN=authority -keyout ca-key.pem -out ca.pem`);
  const ends = `-subj /CN=localhost -addext subjectAltName=${names} -addext basicConstraints=critical,CA:FALSE`;
  await openssl(`${made} ${ends} -CA ca.pem -CAkey ca-key.pem -keyout key.pem -out cert.pem`);
  return { ca: path('ca'), cert: path('cert'), key: path('key') };
}

/** The arguments of a redis-server that listens on a port of loopback, with TLS alone where there is an authority. */
export function listenWords(port: number, authority: Authority | null): string[] {
  const words = authority
    ? `--port 0 --tls-port ${port} --tls-replication yes --tls-cluster yes --tls-auth-clients no --tls-cert-file ${authority.cert} --tls-key-file ${authority.key} --tls-ca-cert-file ${authority.ca}`
    : `--port ${port}`;
  return `--bind 127.0.0.1 ${words}`.split(' ');
}
