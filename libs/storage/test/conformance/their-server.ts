import { join } from 'node:path';
import type { Environment } from '#libs/config';
import type { Conforming } from './storages.js';

/**
 * The server that whoever wrote it wants to be tried in place of ours: STOA_TEST_EXTERNAL_URL, by `npm run
 * conformance:storage`. It should be empty. Null: none is named.
 */
export async function theirServer({
  STOA_TEST_EXTERNAL_URL: url,
  STOA_TEST_EXTERNAL_TOKEN: token,
}: Environment): Promise<Conforming | null> {
  if (!url) return null;
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
