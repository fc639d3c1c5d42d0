import { goClient, type GoClient } from './go.js';

/** What the go command says of a module by itself: the fields of `go list -m -json` and `go mod download -json`. */
export interface GoModule {
  readonly Path: string;
  readonly Version?: string;
  readonly Versions?: readonly string[];
  readonly Time?: string;
  readonly Origin?: Readonly<Record<string, string>>;
  /** Paths in the module cache. */
  readonly Info?: string;
  readonly GoMod?: string;
  readonly Zip?: string;
  readonly Dir?: string;
  /** `h1:...`, as in go.sum. */
  readonly Sum?: string;
  readonly GoModSum?: string;
  readonly Error?: unknown;
}

/** A go command whose answers are what ours must be. */
export interface GoJudge {
  /** What `go list -m -json` says of each target, in their order; a refusal has an Error. */
  list(flags: readonly string[], targets: readonly string[]): Promise<GoModule[]>;
  /** What `go mod download -json` says of a version. */
  download(target: string): Promise<GoModule>;
  close(): Promise<void>;
}

/** Makes a judge with Go settings of its own: `GOPROXY=direct` asks version control, a URL asks a proxy. */
export async function goJudge(env: Readonly<Record<string, string>>): Promise<GoJudge> {
  const client = await goClient({ GOSUMDB: 'off', ...env });
  return {
    list: async (flags, targets) => modulesOf(await client.run(['list', '-m', '-e', ...flags, '-json', ...targets])),
    download: async (target) => {
      const [module] = modulesOf(await client.run(['mod', 'download', '-json', target]));
      if (!module) throw new Error(`go mod download says nothing about ${target}`);
      return module;
    },
    close: () => client.close(),
  };
}

/** Reads JSON objects that follow each other, as the go command writes them: each ends with a brace in the first column. */
function modulesOf({ stdout }: Awaited<ReturnType<GoClient['run']>>): GoModule[] {
  return stdout
    .split(/(?<=^\})\n/m)
    .filter((text) => text.trim() !== '')
    .map((text) => JSON.parse(text) as GoModule);
}
