import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ask } from '../support/ask.js';
import { athensFiles } from '../support/athens-files.js';
import { startChecksumDatabase } from '../support/checksum-database.js';
import { runCommand, settingsBeside } from '../support/command.js';
import { newDataDir, summaryOf, writeFiles } from '../support/data-dir.js';
import { ownFolder } from '../support/own-folder.js';
import { startStack } from '../support/stack.js';
import { startUpstream } from '../support/upstream.js';

const folder = ownFolder('import');

describe('stoa import', () => {
  it('shows what is imported to running gateways at once, in list and index', async () => {
    const upstream = await startUpstream();
    upstream.add('example.com/known', 'v1.0.0');
    const stack = await startStack({ env: { GOPROXY: upstream.url, STOA_LIST_TTL: '1h' } });
    const list = async (): Promise<string> => (await ask(`${stack.url}/example.com/known/@v/list`)).text;
    expect(await list()).toBe('v1.0.0\n');
    expect(await list()).toBe('v1.0.0\n');
    await upstream.close();

    const source = join(folder, 'news');
    await writeFiles(source, athensFiles('example.com/known', 'v1.1.0'));
    const { code, err } = await runCommand(['import', source], settingsBeside(stack, {}));
    expect([code, err]).toEqual([0, '']);
    await expect.poll(list).toBe('v1.0.0\nv1.1.0\n');
    for (const file of ['v1.1.0.info', 'v1.1.0.mod', 'v1.1.0.zip'])
      expect((await ask(`${stack.url}/example.com/known/@v/${file}`)).status).toBe(200);
    // Entries are held back for some seconds.
    await expect
      .poll(async () => (await ask(`${stack.url}/index`)).text, { interval: 250 })
      .toContain('"example.com/known","Version":"v1.1.0"');
    await stack.close();
  });

  it('holds what it reads against the checksum database, but for private modules', async () => {
    const upstream = await startUpstream();
    upstream.add('example.com/true', 'v1.0.0', { files: { 'a.go': 'package a\n' } });
    upstream.add('example.com/changed', 'v1.0.0', { files: { 'a.go': 'package other\n' } });
    const database = await startChecksumDatabase(upstream);
    const source = join(folder, 'verified');
    await writeFiles(source, {
      ...athensFiles('example.com/true', 'v1.0.0'),
      ...athensFiles('example.com/changed', 'v1.0.0'),
      ...athensFiles('private.example/mine', 'v1.0.0'),
    });
    const data = await newDataDir(folder);
    const env = {
      ...data.env,
      GOPROXY: upstream.url,
      GOSUMDB: database.gosumdb,
      GONOSUMDB: 'private.example',
    };
    const end = await runCommand(['import', source], env);
    expect(end.code).toBe(1);
    expect(summaryOf(end)).toBe('imported 2, already there 0, go.mod alone 0, left out 1');
    expect(end.out).toMatch(/example\.com\/changed@v1\.0\.0: SECURITY ERROR: checksum mismatch: zip/);
    expect(await data.stored('example.com/changed/@v/v1.0.0.mod')).toBeNull();
    const receipt = String(await data.stored('.meta/receipts/example.com/true/@v/v1.0.0.json'));
    expect(receipt).toContain(`checksum-database:${database.name}`);
    expect(upstream.requests.map(({ path }) => path).join()).not.toContain('private.example');
    await database.close();
    await upstream.close();
  });
});
