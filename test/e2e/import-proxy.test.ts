import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCommand, startCommand } from '../support/command.js';
import { newDataDir, summaryOf } from '../support/data-dir.js';
import { ownFolder } from '../support/own-folder.js';
import { hang, startUpstream } from '../support/upstream.js';

const folder = ownFolder('import');

describe('stoa import from another GOPROXY', () => {
  it('takes the versions of a list, and goes on where it was killed', async () => {
    const upstream = await startUpstream();
    for (let n = 0; n < 40; n++) upstream.add('example.com/many', `v1.${n}.0`);
    const last = '/example.com/many/@v/v1.39.0.zip';
    upstream.respond(last, hang());
    const list = Array.from({ length: 40 }, (_, n) => `example.com/many@v1.${n}.0\n`).join('');
    const data = await newDataDir(folder);
    const words = ['import', upstream.url, '--list', '-'];
    const zips = (): number => upstream.requests.filter(({ path }) => path.endsWith('.zip')).length;

    const killed = startCommand(words, data.env, list);
    const complete = async (): Promise<number> =>
      (await readdir(join(data.folder, 'storage/.meta/receipts/example.com/many/@v')).catch(() => [])).length;
    await expect.poll(complete).toBe(39);
    killed.child.kill('SIGKILL');
    await killed.end;

    const stopped = startCommand(words, data.env, list);
    await expect.poll(() => upstream.count(last)).toBe(2);
    stopped.child.kill('SIGINT');
    const { code, out, err } = await stopped.end;
    expect([code, out]).toEqual([1, 'imported 0, already there 39, go.mod alone 0, left out 0\n']);
    expect(err).toContain('SIGINT: stopped before the end');
    expect(await readdir(join(data.folder, 'scratch'))).toEqual([]);

    upstream.respond(last, (_request, _response, serve) => serve());
    const end = await runCommand(words, data.env, list);
    expect([end.code, summaryOf(end)]).toEqual([0, 'imported 1, already there 39, go.mod alone 0, left out 0']);
    expect(zips()).toBe(39 + 3);
    expect(await complete()).toBe(40);
    expect(String(await data.stored('example.com/many/@v/list')).split('\n')).toHaveLength(41);
    await upstream.close();
  });

  it('leaves out what it has not, what is no version, and what comes broken', async () => {
    const upstream = await startUpstream();
    upstream.add('example.com/good', 'v1.0.0').add('example.com/page', 'v1.0.0', { zip: Buffer.from('<html>') });
    const list = join(folder, 'list');
    await writeFile(
      list,
      '# wanted\nexample.com/good v1.0.0\nexample.com/good@v1.0.0\r\nexample.com/gone@v1.0.0\nexample.com/page@v1.0.0\nexample.com/good@main\nnonsense\nnonsense\n',
    );
    const end = await runCommand(['import', upstream.url, '--list', list], (await newDataDir(folder)).env);
    expect([end.code, summaryOf(end)]).toEqual([1, 'imported 1, already there 0, go.mod alone 0, left out 4']);
    expect(end.out).not.toContain('127.0.0.1');
    await upstream.close();
  });
});
