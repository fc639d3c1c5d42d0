import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { ConfigError } from './config-error.js';

/**
 * What TLS connections trust: the certificates Node trusts and those of SSL_CERT_FILE, SSL_CERT_DIR and
 * NODE_EXTRA_CA_CERTS in an environment; without these the system's too, for the go command would trust them.
 * Throws ConfigError when a file that is named can not be read or holds no certificate.
 */
export function trustedCertificates(env: Readonly<Record<string, string>>): SecureContext {
  const named = [
    ...certificatesOf('SSL_CERT_FILE', env),
    ...(env.SSL_CERT_DIR ?? '').split(':').flatMap(certificatesIn),
    ...certificatesOf('NODE_EXTRA_CA_CERTS', env),
  ];
  const others = named.length > 0 ? named : getCACertificates('system');
  return createSecureContext({ ca: [...new Set([...getCACertificates('default'), ...others])] });
}

function certificatesOf(name: string, env: Readonly<Record<string, string>>): string[] {
  const file = env[name];
  if (file === undefined || file === '') return [];
  let text: string;
  try {
    text = readFileSync(file, 'latin1');
  } catch {
    throw new ConfigError([`${name}: the file can not be read`]);
  }
  const certificates = certificatesFrom(text);
  if (certificates.length === 0) throw new ConfigError([`${name}: the file holds no certificate`]);
  return certificates;
}

/** As in Go, a folder that is not there and files that are no certificates are passed over. */
function certificatesIn(folder: string): string[] {
  if (folder === '') return [];
  try {
    return readdirSync(folder).flatMap((name) => {
      try {
        return certificatesFrom(readFileSync(join(folder, name), 'latin1'));
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}

function certificatesFrom(text: string): string[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.filter(isCertificate).map((block) => `${block.replaceAll('\r', '')}\n`);
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
