/** The process that reads the settings; some defaults differ by it. */
export type ProcessName = 'api' | 'worker' | 'start' | 'storage';

/** Where a listener binds. */
export type ListenAddress =
  | { readonly host: string; readonly port: number }
  /** Path of a unix socket. */
  | { readonly socket: string };

/** Where the credentials for an S3 server come from. All but `keys` are temporary, and renewed. */
export type S3Credentials =
  | {
      readonly kind: 'keys';
      readonly accessKey: string;
      readonly secretKey: string;
      readonly sessionToken?: string | undefined;
    }
  | {
      readonly kind: 'web-identity';
      readonly endpoint: URL;
      readonly roleArn: string;
      readonly sessionName: string;
      readonly tokenFile: string;
    }
  | { readonly kind: 'container'; readonly url: URL; readonly tokenFile?: string | undefined }
  | { readonly kind: 'instance'; readonly endpoint: URL };

/** Where modules are kept. */
export type StorageConfig =
  | { readonly kind: 'fs'; readonly root: string }
  | {
      readonly kind: 's3';
      /** `http://host:port` or `https://host`. */
      readonly endpoint: URL;
      readonly bucket: string;
      readonly region: string;
      readonly credentials: S3Credentials;
      readonly pathStyle: boolean;
      /** Empty, or a key prefix without leading or trailing `/`. */
      readonly prefix: string;
      /** What is asked for with each object; null: nothing. */
      readonly encryption: { readonly algorithm: 'AES256' | 'aws:kms'; readonly keyId?: string | undefined } | null;
      /** Where clients are sent for zips; null: nowhere. */
      readonly publicEndpoint: URL | null;
      /** Certificate variables. */
      readonly network: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'external';
      /** Base of the server's routes, without a trailing `/` in its path but for the root's. */
      readonly url: URL;
      /** What the server is shown, as a bearer token. */
      readonly token?: string;
      /** Folder of what a server with the six basic routes alone does not take. */
      readonly metaRoot?: string;
      /** The proxy and certificate variables of the process environment. */
      readonly network: Readonly<Record<string, string>>;
    };

/** Who we are to a Redis server or a Sentinel. */
export interface RedisCredentials {
  readonly username?: string;
  readonly password?: string;
}

/** How Redis is reached. */
export type RedisConfig =
  | ({
      readonly kind: 'server';
      readonly host: string;
      readonly port: number;
      readonly db: number;
      readonly tls: boolean;
    } & RedisCredentials)
  | ({ readonly kind: 'socket'; readonly path: string; readonly db: number } & RedisCredentials)
  | ({
      readonly kind: 'sentinel';
      readonly sentinels: readonly { readonly host: string; readonly port: number }[];
      readonly master: string;
      readonly sentinel: RedisCredentials;
      readonly db: number;
      readonly tls: boolean;
    } & RedisCredentials)
  | ({
      readonly kind: 'cluster';
      readonly nodes: readonly { readonly host: string; readonly port: number }[];
      readonly tls: boolean;
    } & RedisCredentials);

/** Go's own settings, merged: STOA_GO_ENV, then the process environment, then `go env`. */
export interface GoConfig {
  /** Path or name of the go command. */
  readonly binary: string;
  /** GOPROXY and the like, never undefined: empty when unset. GOPROXY is empty only in a gateway or offline. */
  readonly GOPROXY: string;
  readonly GONOPROXY: string;
  readonly GOPRIVATE: string;
  readonly GOSUMDB: string;
  readonly GONOSUMDB: string;
  readonly GOINSECURE: string;
  readonly GOVCS: string;
  readonly GOAUTH: string;
  /** The whole of STOA_GO_ENV in order of appearance, later wins; `KEY=` gives an empty string. */
  readonly extra: Readonly<Record<string, string>>;
  /**
   * What passes from the process environment to the go command: PATH, proxies, certificates, SSH_AUTH_SOCK, TMPDIR; and
   * NODE_EXTRA_CA_CERTS, for our own HTTP client. STOA_GO_ENV (`extra`) wins over it.
   */
  readonly inherited: Readonly<Record<string, string>>;
}

/** Credentials for private version control, handed to the go command alone. Contents, not paths, are secret. */
export interface VcsCredentials {
  readonly netrcFile?: string;
  readonly sshKeyFile?: string;
  readonly sshKnownHostsFile?: string;
  readonly gitConfigFile?: string;
  readonly githubToken?: string;
}

/** A proxied checksum database, as in GOSUMDB. */
export interface SumdbConfig {
  readonly name: string;
  /** `name+hash+key`, where given. */
  readonly verifierKey?: string;
  readonly url?: string;
}

/** All settings, checked and frozen. Durations in milliseconds, sizes in bytes. */
export interface Config {
  readonly listen: ListenAddress;
  readonly opsListen: ListenAddress;
  /** Empty, or `/prefix` without a trailing slash. */
  readonly basePath: string;
  /** Absolute. */
  readonly dataDir: string;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';
  readonly logFormat: 'pretty' | 'json';
  readonly shutdownGrace: number;
  readonly storage: StorageConfig;
  /** What a storage server wants to be shown as a bearer token; undefined: nothing. */
  readonly storageToken: string | undefined;
  readonly memoryCache: number;
  readonly diskCache: number;
  readonly redis: RedisConfig;
  readonly queuePrefix: string;
  readonly queuePatience: number;
  readonly downloadConcurrency: number;
  readonly queryConcurrency: number;
  readonly goConcurrency: number;
  readonly waitTimeout: number;
  readonly fetchTimeout: number;
  readonly queryTimeout: number;
  readonly maxWaiting: number;
  readonly go: GoConfig;
  readonly vcs: VcsCredentials;
  /** Bytes. */
  readonly vcsCache: number;
  readonly listTtl: number;
  readonly refreshWait: number;
  readonly notFoundTtl: number;
  readonly offline: boolean;
  readonly sumdbs: readonly SumdbConfig[];
  /** Host patterns: a name, `*.domain`, an address, `*`. */
  readonly allowPrivateAddresses: readonly string[];
  /** What is fetched is verified against this database before it is stored; null: against none. */
  readonly verifyAgainst: SumdbConfig | null;
}
