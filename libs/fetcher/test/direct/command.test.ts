import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';

import { runCommand } from '../../src/direct/command.js';
import { processGroup } from './process-group.js';

const { signal } = new AbortController();
const script = (source: string, ...args: string[]) => ({
  binary: process.execPath,
  args: ['-e', source, ...args],
  cwd: tmpdir(),
  env: { PATH: process.env['PATH'] ?? '', ANSWER: '42' },
});

describe('runCommand', () => {
  it('gives output and exit code, and the environment that it is given', async () => {
    const source =
      'console.log(process.env.ANSWER, process.env.HOME); console.error(process.argv[1]); process.exitCode = 3';
    expect(await runCommand(script(source, '$HOME; "x'), signal)).toEqual({
      code: 3,
      stdout: '42 undefined\n',
      stderr: '$HOME; "x\n',
    });
  });

  it('keeps the head of an endless output, and lets the command come to its end', async () => {
    const source =
      'process.stderr.write("e".repeat(1e6)); process.stdout.write("o".repeat(2e7), () => console.error("end"))';
    const { code, stdout, stderr } = await runCommand(script(source), signal);
    expect([code, stdout.length, stderr.length]).toEqual([0, 4 * 1024 * 1024, 64 * 1024]);
  });

  it('throws what the system says of a program that can not be started', async () => {
    await expect(runCommand({ ...script(''), binary: 'no-such-program' }, signal)).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });

  it('does not start anything once it is aborted', async () => {
    await expect(runCommand(script(''), AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
  });

  it('ends children of children too, even those that ignore SIGTERM', async () => {
    const controller = new AbortController();
    const told = Promise.withResolvers<number>();
    // The grandchild tells its parent's id, which is the group's, once it has its handler.
    const grandchild =
      'process.on("SIGTERM", () => {}); setInterval(() => {}, 1e6); fetch(process.argv[1] + process.ppid)';
    const server = createServer((request, response) => {
      response.end();
      told.resolve(Number(request.url?.slice(1)));
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/`;
    const source = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(grandchild)}, process.argv[1]]); setInterval(() => {}, 1e6)`;

    const run = runCommand(script(source, url), controller.signal);
    const group = await told.promise;
    expect(await processGroup(group)).toHaveLength(2);
    controller.abort(new Error('over'));
    await expect(run).rejects.toThrow('over');
    await expect.poll(() => processGroup(group)).toEqual([]);
    server.close();
  });
});
