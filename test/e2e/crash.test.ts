import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Ground } from '../durability/ground.js';

let ground: Ground;
beforeAll(async () => {
  ground = await Ground.open('fs');
});
afterAll(() => ground?.close());

// Three of all the steps at which test/durability kills.
describe.concurrent(
  'a worker that is killed leaves whole files, and another goes on: between',
  { timeout: 240_000 },
  () => {
    it.each([
      ['.mod and .info', 'link the unfinished file m/@v/v1.0.0.info'],
      ['zip and receipt', 'link the unfinished file .meta/receipts/m/@v/v1.0.0.json'],
      ['receipt and index entry', 'create .meta/index/time/m@v1.0.0'],
    ])('%s', async (_files, name) => {
      expect(ground.steps).toContain(name);
      await ground.crash(ground.steps.indexOf(name));
    });
  },
);
