import { GitHost } from './git-host.js';
import type { GitRepository, GitStep } from './git-repository.js';

/** Repositories on example.com that between them have what version control can hold for a Go module, good and bad. */
export interface GitWorld {
  readonly host: GitHost;
  /** The repository that has a module, whose path is given without `example.com/`. Throws when none has it. */
  repositoryOf(module: string): WorldRepository;
  close(): Promise<void>;
}

/** A repository and the full hashes of its commits, oldest first. The nth one is n minutes into the year 2026. */
export interface WorldRepository {
  readonly repository: GitRepository;
  readonly commits: readonly string[];
}

const goMod = (path: string, rest = '', go = '1.20'): string => `module example.com/${path}\n\ngo ${go}\n${rest}`;
const goFile = (name: string): string => `package ${name}\n\nconst Name = "${name}"\n`;

const REPOSITORIES: Readonly<Record<string, readonly GitStep[]>> = {
  /** Tags that are versions, and tags that only look like it. */
  tags: [
    { files: { 'go.mod': goMod('tags'), 'tags.go': goFile('tags') }, tags: ['v1.0.0', 'vv1.0.0', 'v1', 'V1.0.1'] },
    { files: { 'rc.go': goFile('tags') }, tags: ['v1.1.0-rc.1', 'v1.1', 'v01.0.0', '1.5.0'] },
    { files: { 'meta.go': goFile('tags') }, tags: ['v1.2.3+meta'] },
    { files: { 'release.go': goFile('tags') }, tags: ['release-1', 'v3.0.0', 'v2.0.0+incompatible'] },
    { files: { 'annotated.go': goFile('tags') }, annotated: ['v1.1.0'] },
    { files: { 'deep/in/it/it.go': goFile('it') } },
    { files: { 'work.go': goFile('tags') }, branch: 'work' },
  ],
  /** The highest release retracts itself and the one before it. */
  retracted: [
    { files: { 'go.mod': goMod('retracted'), 'r.go': goFile('retracted') }, tags: ['v1.0.0'] },
    { files: { 'r1.go': goFile('retracted') }, tags: ['v1.1.0'] },
    {
      files: { 'go.mod': goMod('retracted', '\n// Published by mistake.\nretract [v1.1.0, v1.2.0]\n') },
      tags: ['v1.2.0'],
    },
  ],
  /** Nothing is left that is not retracted. */
  withdrawn: [
    { files: { 'go.mod': goMod('withdrawn'), 'w.go': goFile('withdrawn') }, tags: ['v1.0.0'] },
    { files: { 'go.mod': goMod('withdrawn', '\nretract [v1.0.0, v1.0.1]\n') }, tags: ['v1.0.1'] },
  ],
  prereleases: [
    { files: { 'go.mod': goMod('prereleases'), 'p.go': goFile('p') }, tags: ['v0.1.0-alpha', 'v0.1.0-beta.2'] },
    { files: { 'q.go': goFile('p') }, tags: ['v0.1.0-beta.11'] },
  ],
  /** A second major version on a branch, a third in a folder. */
  majors: [
    { files: { 'go.mod': goMod('majors'), 'm.go': goFile('majors') }, tags: ['v1.0.0'] },
    { files: { 'go.mod': goMod('majors/v2'), 'm2.go': goFile('majors') }, branch: 'v2', tags: ['v2.0.0', 'v2.1.0'] },
    { files: { 'v3/go.mod': goMod('majors/v3'), 'v3/m3.go': goFile('majors') }, tags: ['v3.0.0', 'v1.1.0'] },
  ],
  /** Modules in folders, with a licence at the root alone. */
  nested: [
    {
      files: {
        LICENSE: 'Do what you like.\n',
        'go.mod': goMod('nested'),
        'n.go': goFile('nested'),
        'sub/go.mod': goMod('nested/sub'),
        'sub/s.go': goFile('sub'),
        'plain/plain.go': goFile('plain'),
      },
      tags: ['v1.0.0', 'sub/v1.0.0', 'sub/v0.9.0-rc.1', 'sub/junk', 'plain/v1.0.0'],
    },
    { files: { 'sub/more.go': goFile('sub') }, tags: ['sub/v1.1.0'] },
  ],
  /** What a zip leaves out, by the rules before go 1.24 and by those since. */
  odd: [
    {
      files: {
        'go.mod': goMod('odd'),
        'odd.go': goFile('odd'),
        'link.go': { link: 'odd.go' },
        'outside.go': { link: '/etc/hostname' },
        'vendor/modules.txt': '# example.net/dep v1.0.0\n',
        'vendor/example.net/dep/dep.go': goFile('dep'),
        'sub/vendor/modules.txt': '# none\n',
        'sub/vendor/x/x.go': goFile('x'),
        'inner/go.mod': goMod('odd/inner'),
        'inner/inner.go': goFile('inner'),
        '.hg_archival.txt': 'node: 0\n',
        'testdata/Upper.txt': 'text\r\n',
      },
      tags: ['v1.0.0'],
    },
    { files: { 'go.mod': goMod('odd', '', '1.24.0') }, tags: ['v1.1.0'] },
  ],
  untagged: [
    { files: { 'go.mod': goMod('untagged'), 'a.go': goFile('untagged') } },
    { files: { 'b.go': goFile('untagged') } },
  ],
  empty: [],
  /** From before modules. */
  legacy: [
    { files: { 'a.go': goFile('legacy') }, tags: ['v1.0.0'] },
    { files: { 'b.go': goFile('legacy') }, tags: ['v2.0.0', 'v3.1.0-pre'] },
  ],
  'Upper/Case': [
    {
      files: { 'go.mod': '// Kept  to the byte.\r\nmodule example.com/Upper/Case', 'c.go': goFile('upper') },
      tags: ['v1.0.0', 'v1.1.0-RC1'],
    },
  ],
  /** What the tests of changes push to. */
  moving: [{ files: { 'go.mod': goMod('moving'), 'a.go': goFile('moving') }, tags: ['v1.0.0', 'v1.1.0'] }],
};

/** Makes the repositories and starts their host. */
export async function startGitWorld(): Promise<GitWorld> {
  const host = await GitHost.start();
  const made = Object.entries(REPOSITORIES).map(async ([name, steps]): Promise<[string, WorldRepository]> => {
    const repository = await host.createRepo(`example.com/${name}`);
    return [name, { repository, commits: steps.length > 0 ? await repository.push(...steps) : [] }];
  });
  const repositories = await Promise.all(made);
  return {
    host,
    repositoryOf(module) {
      const found = repositories.find(([name]) => module === name || module.startsWith(`${name}/`));
      if (!found) throw new Error(`no repository of the world has example.com/${module}`);
      return found[1];
    },
    close: () => host.close(),
  };
}
