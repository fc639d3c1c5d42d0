/** What the go command says about one module: `go list -m -json` and `go mod download -json` have the same names. */
export interface GoAnswer {
  readonly version?: string;
  readonly versions: readonly string[];
  /** RFC 3339. */
  readonly time?: string;
  readonly origin?: unknown;
  /** Paths in the module cache. */
  readonly info?: string;
  readonly mod?: string;
  readonly zip?: string;
  /** What went wrong. */
  readonly error?: string;
}

/** Where a version came from. */
export interface Origin {
  readonly url: string;
  readonly commit?: string;
  /** Of the module in its repository; empty: its root. */
  readonly folder: string;
}

/** Reads what the go command says of where a version came from; null where it names no repository. */
export function readOrigin({ origin }: Pick<GoAnswer, 'origin'>): Origin | null {
  const { URL: url, Hash: commit, Subdir: folder } = { ...(origin as Record<string, unknown> | undefined) };
  if (typeof url !== 'string') return null;
  return {
    url,
    ...(typeof commit === 'string' ? { commit } : {}),
    folder: typeof folder === 'string' ? folder : '',
  };
}

/** Reads the one JSON object on stdout; null when there is none, or it was cut short. */
export function parseGoAnswer(stdout: string): GoAnswer | null {
  const json = parseObject(stdout);
  if (!json) return null;
  // Of `go mod download` a text, of `go list -e` an object with one.
  const failure = json['Error'];
  const failed = typeof failure === 'object' && failure !== null && 'Err' in failure ? failure.Err : failure;
  const text = (name: string): string | undefined => {
    const value = json[name];
    return typeof value === 'string' ? value : undefined;
  };
  const versions = Array.isArray(json['Versions']) ? json['Versions'] : [];
  return {
    version: text('Version'),
    versions: versions.filter((version): version is string => typeof version === 'string'),
    time: text('Time'),
    origin: json['Origin'],
    info: text('Info'),
    mod: text('GoMod'),
    zip: text('Zip'),
    error: typeof failed === 'string' ? failed : undefined,
  };
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null ? { ...json } : null;
  } catch {
    return null;
  }
}
