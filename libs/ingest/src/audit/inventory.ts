import { escapePath, escapeVersion, type ModuleVersion } from '#libs/protocol';
import {
  INDEX_FOLDER,
  modulePrefix,
  MODULES_START,
  parseIndexKey,
  parseModuleKey,
  parseReceiptKey,
  QUERIES_FOLDER,
  queriesFolder,
  RECEIPTS_FOLDER,
  receiptsFolder,
  type ObjectEntry,
  type ObjectStore,
} from '#libs/storage';

/** What is stored of a version, by the names alone. */
export interface StoredVersion extends ModuleVersion {
  readonly info?: ObjectEntry;
  readonly mod?: ObjectEntry;
  readonly zip?: ObjectEntry;
  readonly receipt?: ObjectEntry;
}

/**
 * One stored thing to check. `place` says where it comes in the one order of all of them; what is in a later stage is
 * judged by what is in those before.
 */
export type Item = { readonly place: string; readonly stage: keyof typeof STAGES } & (
  | { readonly kind: 'version'; readonly version: StoredVersion }
  /** A list, an `@latest` or a resolved query. */
  | { readonly kind: 'answer'; readonly entry: ObjectEntry }
  | { readonly kind: 'index'; readonly entry: ObjectEntry }
  | { readonly kind: 'foreign'; readonly entry: ObjectEntry }
);

/** Which versions are meant: one, or all of a module. */
export interface Target {
  readonly module: string;
  readonly version: string | null;
}

/** Parts a module from what is in it, in a place: before all that keys may have. */
const WITHIN = '\n';
/** The stages of an inventory, each in the order of keys. */
const STAGES = { modules: '1 ', queries: '2 ', index: '3 ' };

/**
 * Goes through all that is stored of some modules, or of all (null), in an order that is the same at every run; after a
 * place of an earlier run, if one is given. Holds the names of one module at a time.
 */
export async function* takeInventory(
  objects: Pick<ObjectStore, 'list'>,
  targets: readonly Target[] | null,
  after = '',
): AsyncGenerator<Item> {
  for await (const item of allItems(objects, targets, after)) if (item.place > after) yield item;
}

/** May begin a bit before the place: where its module does. */
async function* allItems(
  objects: Pick<ObjectStore, 'list'>,
  targets: readonly Target[] | null,
  after: string,
): AsyncGenerator<Item> {
  const from = (stage: keyof typeof STAGES): string =>
    after.startsWith(STAGES[stage]) ? after.slice(STAGES[stage].length) : '';
  const modules = targets && [...new Set(targets.map(({ module }) => module))].sort(byEscapedPath);
  const wanted = ({ module, version }: ModuleVersion): boolean =>
    targets === null ||
    targets.some((target) => target.module === module && (target.version === null || target.version === version));

  if (after < STAGES.queries) {
    for (const module of modules ?? [null]) yield* moduleItems(objects, module, wanted, moduleOf(from('modules')));
  }
  // Answers are of a whole module.
  const whole = modules?.filter((module) => targets?.some((one) => one.module === module && one.version === null));
  if (after < STAGES.index) {
    for (const folder of whole?.map(queriesFolder) ?? [QUERIES_FOLDER]) {
      for await (const entry of objects.list(folder, from('queries')))
        yield { kind: 'answer', stage: 'queries', place: STAGES.queries + entry.key, entry };
    }
  }
  for await (const entry of objects.list(INDEX_FOLDER, from('index'))) {
    const indexed = parseIndexKey(entry.key);
    if (indexed ? wanted(indexed) : targets === null)
      yield { kind: indexed ? 'index' : 'foreign', stage: 'index', place: STAGES.index + entry.key, entry };
  }
}

async function* moduleItems(
  objects: Pick<ObjectStore, 'list'>,
  module: string | null,
  wanted: (version: ModuleVersion) => boolean,
  after: string,
): AsyncGenerator<Item> {
  const files = module === null ? '' : modulePrefix(module);
  const receipts = module === null ? RECEIPTS_FOLDER : receiptsFolder(module);
  const groups = paired(
    grouped(objects.list(files, module === null && after === '' ? MODULES_START : after), 0),
    grouped(objects.list(receipts, after && RECEIPTS_FOLDER + after), RECEIPTS_FOLDER.length),
  );
  const whole = module === null || wanted({ module, version: '' });
  for await (const group of groups) yield* itemsOf(group, wanted, whole);
}

/** The items of one module, its versions in the order of their escaped names. `whole`: its answers too. */
function itemsOf({ prefix, entries }: Group, wanted: (version: ModuleVersion) => boolean, whole: boolean): Item[] {
  const placeOf = (rest: string): string => `${STAGES.modules}${prefix}${WITHIN}${rest}`;
  const versions = new Map<string, StoredVersion>();
  const items: Item[] = [];
  const add = (
    { module, version }: ModuleVersion,
    part: 'info' | 'mod' | 'zip' | 'receipt',
    entry: ObjectEntry,
  ): void => {
    if (!wanted({ module, version })) return;
    const place = placeOf(escapeVersion(version));
    versions.set(place, { ...(versions.get(place) ?? { module, version }), [part]: entry });
  };
  for (const entry of entries) {
    const file = parseModuleKey(entry.key);
    const receipt = parseReceiptKey(entry.key);
    if (receipt) add(receipt, 'receipt', entry);
    else if (file && 'version' in file) add(file, file.kind, entry);
    else if (whole)
      items.push({ kind: file ? 'answer' : 'foreign', stage: 'modules', place: placeOf(entry.key), entry });
  }
  for (const [place, version] of versions) items.push({ kind: 'version', stage: 'modules', place, version });
  return items.sort((a, b) => (a.place < b.place ? -1 : 1));
}

interface Group {
  /** `<escaped module>/@`, or the whole key of what is of no module. */
  readonly prefix: string;
  readonly entries: readonly ObjectEntry[];
}

/** Joins what is of one module, which comes in a row. `skip`: characters of the folder before the module. */
async function* grouped(listed: AsyncIterable<ObjectEntry>, skip: number): AsyncGenerator<Group> {
  let [prefix, entries]: [string, ObjectEntry[]] = ['', []];
  for await (const entry of listed) {
    const end = entry.key.indexOf('/@', skip);
    const next = entry.key.slice(skip, end === -1 ? undefined : end + 2);
    if (next !== prefix && entries.length > 0) yield { prefix, entries };
    if (next !== prefix) [prefix, entries] = [next, []];
    entries.push(entry);
  }
  if (entries.length > 0) yield { prefix, entries };
}

/** Joins what two sources, both in the order of prefixes, have of one module. */
async function* paired(left: AsyncGenerator<Group>, right: AsyncGenerator<Group>): AsyncGenerator<Group> {
  let [a, b] = await Promise.all([left.next(), right.next()]);
  while (!a.done || !b.done) {
    const both = [a, b].flatMap(({ done, value }) => (done ? [] : [value]));
    const prefix = both.map((group) => group.prefix).reduce((least, other) => (other < least ? other : least));
    yield { prefix, entries: both.filter((group) => group.prefix === prefix).flatMap((group) => group.entries) };
    if (!a.done && a.value.prefix === prefix) a = await left.next();
    if (!b.done && b.value.prefix === prefix) b = await right.next();
  }
}

/** The prefix of the module that a place is in. */
function moduleOf(place: string): string {
  return place.split(WITHIN, 1)[0] ?? '';
}

function byEscapedPath(a: string, b: string): number {
  return `${escapePath(a)}/@` < `${escapePath(b)}/@` ? -1 : 1;
}
