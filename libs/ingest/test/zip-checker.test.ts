import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RefusalError } from '#libs/protocol';
import { ZipChecker } from '../src/zip/zip-checker.js';
import { hashLines } from '../src/h1.js';
import { checkModuleZip } from '../src/zip/module-zip.js';
import { craftZip, type CraftedEntry } from './support/crafted-zip.js';
import { file, GO_MOD, VERSION } from './support/zip-case.js';

let dir: string;
let good: string;
let bad: string;
let large: string;
const checkers: ZipChecker[] = [];

/** A thread that does what its source says; the real one without. */
function checker(threads: number, source?: string): ZipChecker {
  const entry = source === undefined ? undefined : new URL(`data:text/javascript,${encodeURIComponent(source)}`);
  const made = new ZipChecker(threads, entry);
  checkers.push(made);
  return made;
}

function contentOf(name: string): Buffer | string {
  if (name === 'go.mod') return 'module example.com/Mod\n';
  return Buffer.alloc(3 << 20, createHash('sha256').update(name).digest());
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stoa-checker-'));
  [good, bad, large] = [join(dir, 'good.zip'), join(dir, 'bad.zip'), join(dir, 'large.zip')];
  await writeFile(good, craftZip([GO_MOD]));
  await writeFile(bad, craftZip([GO_MOD, file('a'), file('A')]));
  await writeFile(
    large,
    craftZip(Array.from({ length: 50_000 }, (_, i) => file(`${i % 100}/${i}.go`, { content: '' }))),
  );
});

afterEach(() => Promise.all(checkers.splice(0).map((each) => each.close())));
afterAll(() => rm(dir, { recursive: true }));

it('reports what is in a legal zip', async () => {
  const report = await checker(2).check(good, VERSION);
  expect(report).toEqual({
    entries: 1,
    uncompressed: 23,
    goMod: Buffer.from('module example.com/Mod\n'),
    hash: expect.stringMatching(/^h1:/),
  });
  expect(Buffer.isBuffer(report.goMod)).toBe(true);
});

it('refuses a zip that breaks a rule, with the reason', async () => {
  const check = checker(2).check(bad, VERSION);
  await expect(check).rejects.toBeInstanceOf(RefusalError);
  await expect(check).rejects.toMatchObject({
    kind: 'not-found',
    message: 'example.com/Mod@v1.2.3: invalid zip: case-insensitive file name collision: "a" and "A"',
  });
});

it('fails, and does not refuse, when the file is not there', async () => {
  const check = checker(2).check(join(dir, 'absent.zip'), VERSION);
  await expect(check).rejects.toThrow(/ENOENT/);
  await expect(check).rejects.not.toBeInstanceOf(RefusalError);
});

it('checks many zips with few threads, each with its own outcome', async () => {
  const few = checker(2);
  const outcomes = await Promise.allSettled(
    Array.from({ length: 40 }, (_, i) => few.check(i % 2 ? bad : good, VERSION)),
  );
  expect(outcomes.map((outcome) => outcome.status)).toEqual(
    Array.from({ length: 40 }, (_, i) => (i % 2 ? 'rejected' : 'fulfilled')),
  );
});

describe('a large zip, which all threads read together', () => {
  const names = ['z', 'go.mod', 'b/1', 'a', 'b/0'];
  const zipOf = (more: Partial<CraftedEntry> = {}): Buffer =>
    craftZip(names.map((name) => file(name, { content: contentOf(name), method: 0, ...(name === 'z' ? more : {}) })));

  it.each([1, 2, 3])('has the same report as when one does: %i threads', async (threads) => {
    const path = join(dir, 'shared.zip');
    await writeFile(path, zipOf());
    expect(await checker(threads).check(path, VERSION)).toEqual(checkModuleZip(path, VERSION));
  });

  it('has it also when there is nothing in its files', async () => {
    const path = join(dir, 'empty.zip');
    const long = 'x'.repeat(200);
    await writeFile(path, craftZip(Array.from({ length: 20_000 }, (_, i) => file(`${long}${i}`, { content: '' }))));
    expect(await checker(2).check(path, VERSION)).toEqual(checkModuleZip(path, VERSION));
  });

  it('is refused for what any of them finds', async () => {
    const path = join(dir, 'damaged.zip');
    await writeFile(path, zipOf({ both: { crc: 1 } }));
    await expect(checker(3).check(path, VERSION)).rejects.toThrow('"example.com/Mod@v1.2.3/z" has another checksum');
  });

  it('is read by all of them', async () => {
    const path = join(dir, 'asked.zip');
    await writeFile(path, zipOf());
    const telling = checker(
      3,
      `import { parentPort } from 'node:worker_threads';
       parentPort.on('message', ({ share: { index, of } }) => {
         const lines = index + ' of ' + of + '\\n';
         parentPort.postMessage({ reading: { entries: 5, uncompressed: 0, goMod: null, hashed: lines } });
       });`,
    );
    const { hash } = await telling.check(path, VERSION);
    expect(hash).toBe(hashLines(['0 of 3\n', '1 of 3\n', '2 of 3\n']));
  });
});

it('leaves the event loop free while a zip is checked', async () => {
  const one = checker(1);
  await one.check(good, VERSION);
  let turns = 0;
  const turning = setInterval(() => turns++, 1);
  await one.check(large, VERSION);
  clearInterval(turning);
  expect(turns).toBeGreaterThan(5);
});

it('rejects the check of a thread that crashes, and checks on with a new one', async () => {
  const crashing = checker(
    1,
    `import { parentPort } from 'node:worker_threads';
     parentPort.on('message', ({ zip }) => {
       if (zip === 'crash') throw new Error('out of luck');
       if (zip === 'exit') process.exit(7);
       parentPort.postMessage({ reading: { entries: 1, uncompressed: 0, goMod: null, hashed: '' } });
     });`,
  );
  const crash = crashing.check('crash', VERSION);
  const waiting = crashing.check('fine', VERSION);
  const exit = crashing.check('exit', VERSION);
  await expect(crash).rejects.toThrow('out of luck');
  await expect(waiting).resolves.toMatchObject({ entries: 1 });
  await expect(exit).rejects.toThrow('a zip thread ended with code 7');
  await expect(crashing.check('fine', VERSION)).resolves.toMatchObject({ entries: 1 });
});

const HANGING = `import { parentPort } from 'node:worker_threads';
  parentPort.on('message', ({ zip }) => {
    while (zip === 'hang');
    parentPort.postMessage({ reading: { entries: 1, uncompressed: 0, goMod: null, hashed: '' } });
  });`;

it('gives up a running check when the signal aborts, and its thread with it', async () => {
  const hanging = checker(1, HANGING);
  const abort = new AbortController();
  const check = hanging.check('hang', VERSION, abort.signal);
  const next = hanging.check('fine', VERSION);
  abort.abort(new Error('the deadline passed'));
  await expect(check).rejects.toThrow('the deadline passed');
  await expect(next).resolves.toMatchObject({ entries: 1 });
});

it('drops a waiting check when the signal aborts', async () => {
  const hanging = checker(1, HANGING);
  const running = new AbortController();
  const first = hanging.check('hang', VERSION, running.signal);
  const waiting = new AbortController();
  const second = hanging.check('hang', VERSION, waiting.signal);
  waiting.abort(new Error('no longer wanted'));
  await expect(second).rejects.toThrow('no longer wanted');
  running.abort(new Error('enough'));
  await expect(first).rejects.toThrow('enough');
  await expect(hanging.check('fine', VERSION)).resolves.toMatchObject({ entries: 1 });
});

it('does not start on a signal that was aborted before', async () => {
  await expect(checker(1).check(good, VERSION, AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
});

it('rejects what runs and what waits when it is closed', async () => {
  const closing = checker(1, HANGING);
  const checks = [closing.check('hang', VERSION), closing.check('fine', VERSION)];
  const outcomes = Promise.allSettled(checks);
  await closing.close();
  expect((await outcomes).map((outcome) => outcome.status)).toEqual(['rejected', 'rejected']);
  await expect(closing.check('fine', VERSION)).rejects.toThrow('the zip checker is closed');
});

it('runs built, in a plain process, and lets that process end while its threads are idle', async () => {
  const built = pathToFileURL(join(import.meta.dirname, '../../../dist/libs/ingest/src/zip/zip-checker.js'));
  const program = `
    import { ZipChecker } from '${built.href}';
    const report = await new ZipChecker(2).check(process.argv[1], ${JSON.stringify(VERSION)});
    console.log(report.goMod.toString());`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program, good]);
  expect(stdout).toContain('module example.com/Mod');
});
