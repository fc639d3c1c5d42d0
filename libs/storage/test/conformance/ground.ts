import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ObjectStore } from '#libs/storage';
import { startMinio } from '../../../../test/support/minio.js';
import { serveStorage, type TestServer } from '../../../../test/support/storage-servers.js';

/** What a storage is opened by: the settings that choose it, or the store itself, where no setting does. */
export type Ground = ({ readonly settings: Readonly<Record<string, string>> } | { readonly store: ObjectStore }) & {
  /** Ends what it stands on, but for the folder of the trial. */
  readonly close?: () => Promise<void>;
};

type Chosen = Extract<Ground, { settings: unknown }>;

/** Lays a folder of files, in the data dir. */
export async function files(): Promise<Chosen> {
  return { settings: { STOA_STORAGE: 'fs' } };
}

/** Lays a bucket of a MinIO of its own. */
export async function bucket(): Promise<Chosen> {
  const minio = await startMinio();
  return {
    settings: {
      STOA_STORAGE: 's3',
      STOA_S3_ENDPOINT: minio.endpoint,
      STOA_S3_ACCESS_KEY: minio.accessKey,
      STOA_S3_SECRET_KEY: minio.secretKey,
    },
    close: () => minio.stop(),
  };
}

/** Lays a server of somebody's, which keeps what it has in a folder. */
export function served(start: (folder: string) => Promise<TestServer>): (folder: string) => Promise<Chosen> {
  return async (folder) => {
    const root = join(folder, 'served');
    await mkdir(root);
    const server = await start(root);
    return { settings: external(server.url, join(folder, 'meta')), close: () => server.close() };
  };
}

/** Lays our own server over another storage. */
export function servedByUs(lay: () => Promise<Chosen>): () => Promise<Chosen> {
  return async () => {
    const below = await lay();
    const server = await serveStorage(below.settings);
    const close = async (): Promise<void> => {
      await server.close();
      await below.close?.();
    };
    return { settings: external(server.url), close };
  };
}

function external(url: string, metaRoot?: string): Chosen['settings'] {
  return {
    STOA_STORAGE: 'external',
    STOA_EXTERNAL_URL: url,
    ...(metaRoot !== undefined && { STOA_META_ROOT: metaRoot }),
  };
}
