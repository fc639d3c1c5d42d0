import { describe, expect, it } from 'vitest';
import { bucketOn } from '../../libs/storage/test/conformance/bucket.js';
import { S3ObjectStore } from '../../libs/storage/src/s3/s3.object-store.js';
import { athensFiles, treeFiles } from '../support/athens-files.js';
import { runCommand } from '../support/command.js';
import { newDataDir, summaryOf } from '../support/data-dir.js';
import { startMinio } from '../support/minio.js';
import { ownFolder } from '../support/own-folder.js';

const folder = ownFolder('import');

describe('stoa import of a bucket', () => {
  it('reads both layouts of an Athens bucket, and stores in a bucket', async () => {
    const minio = await startMinio();
    const bucket = new S3ObjectStore({ ...bucketOn(minio, 'athens'), prefix: 'some/where' });
    await bucket.open();
    const files = {
      ...athensFiles('example.com/Minio', 'v1.0.0'),
      ...treeFiles('example.com/Amazon', 'v1.0.0'),
      ...treeFiles('example.com/Amazon', 'v1.1.0'),
    };
    for (const [key, content] of Object.entries(files)) {
      const bytes = Buffer.from(content);
      await bucket.put(key, bytes, { size: bytes.length, mode: 'create' });
    }
    await bucket.close();
    const env = {
      ...(await newDataDir(folder)).env,
      STOA_STORAGE: 's3',
      STOA_S3_ENDPOINT: minio.endpoint,
      STOA_S3_ACCESS_KEY: minio.accessKey,
      STOA_S3_SECRET_KEY: minio.secretKey,
      AWS_ACCESS_KEY_ID: minio.accessKey,
      AWS_SECRET_ACCESS_KEY: minio.secretKey,
    };
    const words = ['import', 's3://athens/some/where', '--endpoint', minio.endpoint];
    expect(summaryOf(await runCommand(words, env))).toBe('imported 3, already there 0, go.mod alone 0, left out 0');
    expect(summaryOf(await runCommand(words, env))).toBe('imported 0, already there 3, go.mod alone 0, left out 0');
    expect((await runCommand(['import', 's3://nowhere', '--endpoint', minio.endpoint], env)).err).toMatch(
      /^(?:stoa: .*\n)*stoa: the storage .*\n$/,
    );
    await minio.stop();
  });
});
