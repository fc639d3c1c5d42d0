/** A module path (decoded, `github.com/Azure/x`) and a canonical version (`v1.2.3`, `v2.0.0+incompatible`). */
export interface ModuleVersion {
  readonly module: string;
  readonly version: string;
}

/** A file that a storage keeps for a module; `list` and `latest` are mutable, the others never change. */
export type ModuleFile =
  | { readonly kind: 'list' | 'latest'; readonly module: string }
  | ({ readonly kind: 'info' | 'mod' | 'zip' } & ModuleVersion);

/** The `.info` of something that is no canonical version: a branch, a commit, `v1.2.3+meta`. */
export interface RevisionQuery {
  readonly kind: 'query';
  readonly module: string;
  readonly query: string;
}

/** What a client of the GOPROXY protocol can ask of a module. */
export type ModuleRequest = ModuleFile | RevisionQuery;
