import { beforeAll, describe, expect, it } from 'vitest';
import type { ModuleFile, ModuleVersion } from '#libs/protocol';
import { readBody, type ModuleStore } from '#libs/storage';

function info(module: string, version: string): ModuleFile {
  return { kind: 'info', module, version };
}

/** What every ModuleStore must do, whatever is below it. */
export function describeModuleStore(opened: () => ModuleStore): void {
  describe('as a module store', () => {
    let store: ModuleStore;
    beforeAll(() => {
      store = opened();
    });

    const save = (file: ModuleFile, text: string): Promise<boolean> =>
      store.save(file, Buffer.from(text), Buffer.byteLength(text));
    const read = async (file: ModuleFile): Promise<string | null> => {
      const found = await store.get(file);
      return found && (await readBody(found.body)).toString();
    };

    it('gives back each file of a version, and of a module', async () => {
      const version: ModuleVersion = { module: 'example.com/files', version: 'v1.0.0' };
      const files: ModuleFile[] = [
        { kind: 'info', ...version },
        { kind: 'mod', ...version },
        { kind: 'zip', ...version },
        { kind: 'list', module: version.module },
        { kind: 'latest', module: version.module },
      ];
      for (const file of files) {
        expect(await store.get(file)).toBeNull();
        expect(await store.stat(file)).toBeNull();
      }
      for (const file of files) expect(await save(file, `the ${file.kind}`)).toBe(true);
      for (const file of files) {
        expect(await read(file)).toBe(`the ${file.kind}`);
        expect((await store.stat(file))!.size).toBe(`the ${file.kind}`.length);
      }
      expect(await readBody((await store.get(files[2]!, { start: 4, end: 6 }))!.body)).toEqual(Buffer.from('zip'));
    });

    it('never changes what a version is, and replaces the last answers', async () => {
      const version: ModuleVersion = { module: 'example.com/once', version: 'v1.0.0' };
      for (const kind of ['info', 'mod', 'zip'] as const) {
        expect(await save({ kind, ...version }, 'first')).toBe(true);
        expect(await save({ kind, ...version }, 'second')).toBe(false);
        expect(await read({ kind, ...version })).toBe('first');
      }
      for (const kind of ['list', 'latest'] as const) {
        expect(await save({ kind, module: version.module }, 'first')).toBe(true);
        expect(await save({ kind, module: version.module }, 'second')).toBe(true);
        expect(await read({ kind, module: version.module })).toBe('second');
      }
    });

    it('keeps apart example.com/a/b, its v2, and its neighbours', async () => {
      const stored: [string, string][] = [
        ['example.com/a', 'v1.0.0'],
        ['example.com/a/b', 'v1.1.0'],
        ['example.com/a/b/v2', 'v2.0.0'],
        ['example.com/a/bc', 'v1.2.0'],
        ['example.com/A/b', 'v1.3.0'],
        ['example.com/a/b-c', 'v1.4.0'],
      ];
      for (const [module, version] of stored) await save(info(module, version), module);
      for (const [module, version] of stored) {
        expect(await store.versions(module)).toEqual([version]);
        expect(await read(info(module, version))).toBe(module);
      }
      expect(await store.versions('example.com')).toEqual([]);
    });

    it('counts a version by its .info alone, and what is canonical alone', async () => {
      const module = 'example.com/Listed';
      await save({ kind: 'mod', module, version: 'v1.0.0' }, 'a .mod waits for its .info');
      await save({ kind: 'list', module }, 'v9.9.9\n');
      await save(info(module, 'v1.1.0'), '1');
      await save(info(module, 'v1.2.0-RC.1'), '2');
      await save(info(module, 'v3.0.0+incompatible'), '3');
      await save(info(module, 'v0.0.0-20200101000000-0123456789ab'), '4');
      await save(info(module, 'v2.0.0'), 'of another major');
      await save(info(module, 'v1.3'), 'not canonical');
      expect((await store.versions(module)).sort()).toEqual([
        'v0.0.0-20200101000000-0123456789ab',
        'v1.1.0',
        'v1.2.0-RC.1',
        'v3.0.0+incompatible',
      ]);
    });

    it('lists more than 1000 versions', async () => {
      const versions = Array.from({ length: 1050 }, (_, n) => `v1.${n}.0`);
      for (let n = 0; n < versions.length; n += 25) {
        await Promise.all(versions.slice(n, n + 25).map((version) => save(info('example.com/many', version), version)));
      }
      expect((await store.versions('example.com/many')).sort()).toEqual([...versions].sort());
    });

    it('deletes one version and no other', async () => {
      const module = 'example.com/deleted';
      for (const version of ['v1.0.0', 'v1.0.1']) {
        for (const kind of ['info', 'mod', 'zip'] as const) await save({ kind, module, version }, version);
      }
      await store.delete({ module, version: 'v1.0.0' });
      for (const kind of ['info', 'mod', 'zip'] as const) {
        expect(await store.stat({ kind, module, version: 'v1.0.0' })).toBeNull();
        expect(await read({ kind, module, version: 'v1.0.1' })).toBe('v1.0.1');
      }
      expect(await store.versions(module)).toEqual(['v1.0.1']);
      await store.delete({ module, version: 'v7.0.0' });
    });

    it('refuses as not found what is no module path or version', async () => {
      await expect(store.get(info('../etc', 'v1.0.0'))).rejects.toMatchObject({ kind: 'not-found' });
      await expect(store.get(info('example.com/a', '../v1.0.0'))).rejects.toMatchObject({ kind: 'not-found' });
      await expect(store.versions('/etc')).rejects.toMatchObject({ kind: 'not-found' });
    });
  });
}
