import { join } from 'node:path';
import type { Environment } from '#libs/config';
import type { Conforming } from './storages.js';

/**
 * The server that somebody wants to be tried in place of ours, by `npm run conformance:storage`: one that he wrote,
 * named by STOA_TEST_EXTERNAL_URL, or one of S3, named by STOA_TEST_S3_ENDPOINT. It should be empty. Null: none is named.
 */
export async function theirServer(environment: Environment): Promise<Conforming | null> {
  const { STOA_TEST_EXTERNAL_URL: url, STOA_TEST_EXTERNAL_TOKEN: token, STOA_TEST_S3_ENDPOINT: endpoint } = environment;
  if (endpoint) return s3Server(endpoint, environment);
  return url ? externalServer(url, token) : null;
}

/** Each setting of S3 has one of the same name for the trial. */
function s3Server(endpoint: string, environment: Environment): Conforming {
  const given = Object.entries(environment).flatMap(([name, value]) => {
    const [, setting] = /^STOA_TEST_(S3_\w+)$/.exec(name) ?? [];
    return setting !== undefined && value !== undefined ? [[`STOA_${setting}`, value]] : [];
  });
  const settings: Record<string, string> = { STOA_STORAGE: 's3', ...Object.fromEntries(given) };
  return { name: `s3, ${endpoint},`, objects: 'all', lay: async () => ({ settings }) };
}

async function externalServer(url: string, token: string | undefined): Promise<Conforming> {
  const answer = await fetch(`${url.replace(/\/$/, '')}/-/objects?limit=0`, {
    headers: token ? { authorization: `Bearer ${token}` } : {},
  });
  await answer.arrayBuffer();
  const hasObjects = answer.headers.get('stoa-storage') === '1';
  return {
    name: hasObjects ? `${url}, which has objects,` : `${url}, which has the six basic routes,`,
    objects: hasObjects ? 'all' : 'none',
    server: true,
    lay: async (folder) => ({
      settings: {
        STOA_STORAGE: 'external',
        STOA_EXTERNAL_URL: url,
        ...(token && { STOA_EXTERNAL_TOKEN: token }),
        ...(!hasObjects && { STOA_META_ROOT: join(folder, 'meta') }),
      },
    }),
  };
}
