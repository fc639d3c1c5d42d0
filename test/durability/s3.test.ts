import { afterAll, describe, it } from 'vitest';
import { Ground } from './ground.js';

const ground = await Ground.open('s3');
afterAll(() => ground.close());

describe.concurrent(
  'a worker that is killed while it stores in a bucket leaves whole objects, and another goes on: before',
  () => {
    it.each(ground.steps.map((name, step) => [step, name] as const))('step %i: %s', (step) => ground.crash(step));
  },
);
