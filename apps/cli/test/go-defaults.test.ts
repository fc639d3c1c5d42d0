import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { environment, GO_NAMES, loadConfig } from '#libs/config';
import { readGoDefaults, withGoDefaults } from '../src/go-defaults.js';

describe("Go's defaults", () => {
  let folder: string;
  let go: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stoa-go-'));
    go = join(folder, 'go');
  });

  afterEach(() => rm(folder, { recursive: true }));

  async function fakeGo(script: string): Promise<Record<string, string>> {
    await writeFile(go, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return { PATH: environment()['PATH'] ?? '', STOA_GO_BINARY: go };
  }

  it('are what the go command says', async () => {
    const env = await fakeGo(
      `echo '{"GOPROXY":"https://corp.example|direct","GOPRIVATE":"corp.example/*","GOFLAGS":"-x"}'`,
    );
    expect(await readGoDefaults(env)).toEqual({ GOPROXY: 'https://corp.example|direct', GOPRIVATE: 'corp.example/*' });
  });

  it('are those of the real go command', async () => {
    const env = { ...environment(), GOPROXY: undefined };
    expect(Object.keys(await readGoDefaults(env))).toContain('GOPROXY');
  });

  it('are none without a go command, or with one that fails', async () => {
    expect(await readGoDefaults({ PATH: folder })).toEqual({});
    expect(await readGoDefaults(await fakeGo('exit 1'))).toEqual({});
  });

  it('are not asked for where the environment has them all', async () => {
    const env = await fakeGo('echo not JSON');
    await expect(readGoDefaults(env)).rejects.toThrow('go env holds something else than the JSON');
    const all = Object.fromEntries(GO_NAMES.map((name) => [name, '']));
    expect(await readGoDefaults({ ...env, ...all, GOPROXY: 'off' })).toEqual({});
  });

  it('are handed on so that an app sees the same and does not ask again', async () => {
    const env = { STOA_GO_BINARY: '/nowhere/go', GOSUMDB: 'off' };
    const defaults = {
      GOPROXY: 'https://corp.example',
      GOPRIVATE: 'corp.example/*',
      GONOPROXY: 'corp.example/*',
      GOSUMDB: 'sum.example',
    };
    const handed = withGoDefaults(env, defaults);
    expect(await readGoDefaults(handed)).toEqual({});
    expect(loadConfig('worker', handed).config.go).toEqual(loadConfig('worker', env, defaults).config.go);
  });
});
