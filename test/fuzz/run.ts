// npm run fuzz -- [--cases N] [--seed S]: more cases than the tests have time for, or those of a seed once more.
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { Judge } from '../support/judge.js';
import { MAX_SEED, runCampaign } from './campaign.js';
import { readCorpus } from './corpus.js';

function readNumber(name: string, text: string, limit: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= limit) return number;
  throw new Error(`--${name} must be a whole number up to ${limit}`);
}

const { values } = parseArgs({ options: { cases: { type: 'string' }, seed: { type: 'string' } } });
const plan = {
  cases: readNumber('cases', values.cases ?? '1000000', Number.MAX_SAFE_INTEGER),
  seed: readNumber('seed', values.seed ?? String(randomInt(MAX_SEED)), MAX_SEED),
  corpus: readCorpus(),
};

console.log(`seed ${plan.seed}`);
const judge = await Judge.start();
const begun = performance.now();
const { cases, accepted, faults } = await runCampaign(judge, plan);
await judge.close();
const seconds = ((performance.now() - begun) / 1000).toFixed(1);
console.log(`${cases} cases, ${accepted} of them accepted, ${faults.length} faults in ${seconds} s`);
for (const fault of faults) console.log(fault);
process.exitCode = faults.length > 0 ? 1 : 0;
