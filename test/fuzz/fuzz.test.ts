import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Judge } from '../support/judge.js';
import { MAX_SEED, runCampaign } from './campaign.js';
import { readCorpus } from './corpus.js';

const CASES = 1_000_000;
const BUILD_TIMEOUT = 300_000;
const CAMPAIGN_TIMEOUT = 300_000;

let judge: Judge;

beforeAll(async () => {
  judge = await Judge.start();
}, BUILD_TIMEOUT);

afterAll(() => judge.close());

it(
  'reads a million hostile paths, versions and requests as x/mod and the protocol have it',
  async () => {
    const seed = randomInt(MAX_SEED);
    const corpus = readCorpus();
    const again = `npm run fuzz -- --cases ${CASES} --seed ${seed}`;
    console.log(again);

    const { cases, accepted, faults } = await runCampaign(judge, { seed, cases: CASES, corpus });
    expect(faults, `${again}; add what is mended to test/fuzz/testdata/corpus.txt`).toEqual([]);
    expect(cases).toBeGreaterThanOrEqual(CASES);
    expect(accepted, 'good ones among them').toBeGreaterThan(CASES / 10);
  },
  CAMPAIGN_TIMEOUT,
);

it('makes the same cases from the same seed', async () => {
  const plan = { seed: 1, cases: 2000, corpus: readCorpus() };
  const { accepted } = await runCampaign(judge, plan);
  expect((await runCampaign(judge, plan)).accepted).toBe(accepted);
  expect((await runCampaign(judge, { ...plan, seed: 2 })).accepted).not.toBe(accepted);
});
