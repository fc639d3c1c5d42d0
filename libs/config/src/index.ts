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
