/** A host whose repositories go finds by their path alone, without asking the host for a page. */
interface KnownHost {
  readonly prefix: string;
  /** The whole import path: the repository, and what is in it. */
  readonly path: RegExp;
}

/** The static part of cmd/go/internal/vcs vcsPaths (go 1.26). Other hosts are asked for a page. */
const HOSTS: readonly KnownHost[] = [
  { prefix: 'github.com', path: /^github\.com\/[\w.-]+\/[\w.-]+(\/[\w.-]+)*$/ },
  { prefix: 'bitbucket.org', path: /^bitbucket\.org\/[\w.-]+\/[\w.-]+(\/[\w.-]+)*$/ },
  { prefix: 'hub.jazz.net/git', path: /^hub\.jazz\.net\/git\/[a-z0-9]+\/[\w.-]+(\/[\w.-]+)*$/ },
  { prefix: 'git.apache.org', path: /^git\.apache\.org\/[a-z0-9_.-]+\.git(\/[\w.-]+)*$/ },
  { prefix: 'git.openstack.org', path: /^git\.openstack\.org\/[\w.-]+\/[\w.-]+(\.git)?(\/[\w.-]+)*$/ },
  { prefix: 'chiselapp.com', path: /^chiselapp\.com\/user\/[A-Za-z0-9]+\/repository\/[\w.-]+$/ },
];

/**
 * Says in go's words why a module path can name no repository of a host that go knows; null when it may, and for all
 * other hosts. `go get github.com/org/repo/pkg` asks for `github.com/org` too: this spares a process for it.
 */
export function knownHostFault(module: string): string | null {
  const host = HOSTS.find(({ prefix }) => module === prefix || module.startsWith(`${prefix}/`));
  return host && !host.path.test(module) ? `invalid ${host.prefix} import path` : null;
}
