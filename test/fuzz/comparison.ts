import type { Judge } from '../support/judge.js';
import { shrink } from './shrink.js';
import { answer, WAYS, type Way, type WayName } from './ways.js';

/** What came of some texts. */
export interface Findings {
  /** How many texts were asked, each in one way and so of all its functions. */
  readonly cases: number;
  /** In how many of them something is accepted. */
  readonly accepted: number;
  /** What is wrong: sentences with the quoted text and both answers. */
  readonly faults: readonly string[];
}

/** Asks ourselves and the judge about some texts in one way. */
export async function compareAnswers(judge: Judge, name: WayName, texts: readonly string[]): Promise<Findings> {
  const way = WAYS[name];
  const inputs = texts.map(way.input);
  const answered = judge.askRaw({ functions: way.functions, inputs });
  const ours = inputs.map((input) => answer(way.functions, input));

  const line = await answered;
  const faults: string[] = [];
  // Two runtimes may write one JSON value in two ways: that the lines differ is only a hint.
  if (line !== JSON.stringify(ours)) {
    const theirs = JSON.parse(line) as unknown[][];
    for (const [at, asked] of way.functions.entries()) {
      const differing = texts.find((_, i) => !isSame(ours[i]?.[at], theirs[i]?.[at]));
      if (differing !== undefined) faults.push(await tellDifference(judge, way, asked, differing));
    }
  }
  return { cases: texts.length, accepted: ours.filter(way.accepts).length, faults };
}

function isSame(ours: unknown, theirs: unknown): boolean {
  return JSON.stringify(ours) === JSON.stringify(theirs);
}

async function tellDifference(judge: Judge, way: Way, asked: string, text: string): Promise<string> {
  const compare = async (texts: readonly string[]) => {
    const inputs = texts.map(way.input);
    const theirs = await judge.ask({ functions: [asked], inputs });
    return inputs.map((input, i) => ({ ours: answer([asked], input)[0], theirs: theirs[i]?.[0] }));
  };
  const shortest = await shrink(text, async (candidates) => {
    const compared = await compare(candidates);
    return candidates.find((_, i) => !isSame(compared[i]?.ours, compared[i]?.theirs)) ?? null;
  });
  const [both] = await compare([shortest]);
  const [ours, theirs] = [JSON.stringify(both?.ours), JSON.stringify(both?.theirs)];
  return `${asked} of ${JSON.stringify(shortest)} is ${ours} here, ${theirs} to the judge (found as ${JSON.stringify(text)})`;
}
