import { resolve } from 'node:path';

import type { GoConfig } from './config.js';
import type { Environment } from './environment.js';
import type { Values } from './settings.js';

/** What goes from our environment into the one that is built for the go command, and to our own HTTP client. */
const INHERITED = [
  'PATH',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'GIT_SSL_CAINFO',
  'SSH_AUTH_SOCK',
  'TMPDIR',
  'NODE_EXTRA_CA_CERTS',
];

/** The variables that name certificates, and what is between several paths. */
const CERTIFICATES: ReadonlyMap<string, string> = new Map([
  ['SSL_CERT_FILE', '\0'],
  ['SSL_CERT_DIR', ':'],
  ['GIT_SSL_CAINFO', '\0'],
]);

/** Puts together what the go command and the source plan are told. */
export function goConfig(values: Values, env: Environment): GoConfig {
  const inherited = INHERITED.flatMap((name) => (env[name] ? [[name, env[name]] as const] : []));
  return {
    binary: values.STOA_GO_BINARY,
    GOPROXY: values.GOPROXY,
    GONOPROXY: values.GONOPROXY,
    GOPRIVATE: values.GOPRIVATE,
    GOSUMDB: values.GOSUMDB,
    GONOSUMDB: values.GONOSUMDB,
    GOINSECURE: values.GOINSECURE,
    GOVCS: values.GOVCS,
    GOAUTH: values.GOAUTH,
    extra: inAnyFolder(Object.entries(values.STOA_GO_ENV)),
    inherited: inAnyFolder(inherited),
  };
}

/** With paths that hold wherever the go command runs, which is in a folder of its own. */
function inAnyFolder(variables: readonly (readonly [name: string, value: string])[]): Record<string, string> {
  return Object.fromEntries(variables.map(([name, value]) => [name, absolute(value, CERTIFICATES.get(name))]));
}

/** `separator`: undefined when the value is no path. */
function absolute(value: string, separator: string | undefined): string {
  if (separator === undefined) return value;
  const paths = value.split(separator).map((path) => path && resolve(path));
  return paths.join(separator);
}
