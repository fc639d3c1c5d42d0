import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { buildGo } from './go.js';

/** What is asked at once: each of the functions about each of the inputs. */
export interface Batch {
  readonly functions: readonly string[];
  readonly inputs: readonly (readonly string[])[];
}

/** Go's own answers, from the program in test/judge. Texts must be well-formed: they travel as JSON. */
export class Judge {
  private readonly lines: AsyncIterator<string>;

  private constructor(private readonly child: ChildProcessByStdio<Writable, Readable, null>) {
    this.lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  static async start(): Promise<Judge> {
    const program = await buildGo(fileURLToPath(new URL('../judge', import.meta.url)), 'judge');
    return new Judge(spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] }));
  }

  /** Gives for each input the outputs of the functions, as JSON. Batches may be asked before the last is answered. */
  async askRaw(batch: Batch): Promise<string> {
    this.child.stdin.write(`${JSON.stringify(batch)}\n`);
    const line = await this.lines.next();
    if (line.done === true) throw new Error('the judge ended without an answer');
    return line.value;
  }

  /** Gives for each input the outputs of the functions. */
  async ask(batch: Batch): Promise<unknown[][]> {
    return JSON.parse(await this.askRaw(batch)) as unknown[][];
  }

  async close(): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.stdin.end();
    await exited;
  }
}
