export { trustedCertificates } from './certificates.js';
export type {
  Config,
  GoConfig,
  ListenAddress,
  ProcessName,
  RedisConfig,
  RedisCredentials,
  StorageConfig,
  SumdbConfig,
  VcsCredentials,
} from './config.js';
export { ConfigError } from './config-error.js';
export { describeConfig } from './describe.js';
export { parseDuration } from './duration.js';
export { environment, type Environment } from './environment.js';
export { childEnvironment, GO_NAMES, type GoDefaults, type GoName } from './go-names.js';
export { hasInsecureCredentials } from './insecure-credentials.js';
export { InvalidValue } from './invalid-value.js';
export { loadConfig, type EffectiveSetting, type LoadedConfig } from './load.js';
export { thisMachine, type Machine } from './machine.js';
export { configurationMarkdown } from './markdown.js';
export { proxyRules, type ProxyRules } from './proxy-rules.js';
export { parseBucket, parseEndpoint } from './s3.js';
export { parseSize } from './size.js';
export { withoutBrackets } from './without-brackets.js';
