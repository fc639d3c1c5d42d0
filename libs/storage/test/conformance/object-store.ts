import { afterAll, beforeAll, describe } from 'vitest';
import type { ObjectStore } from '#libs/storage';
import { describeFailingSources } from './failing-sources.js';
import { describeLists } from './lists.js';
import { describeObjects } from './objects.js';
import { describeRanges } from './ranges.js';
import { describeResources } from './resources.js';
import { Trial } from './trial.js';
import { describeWrites } from './writes.js';

/** What every ObjectStore must do, whatever is below it; `large`: with an object of 600 MB, which is not for memory. */
export function describeObjectStore(opened: () => ObjectStore, { large }: { readonly large: boolean }): void {
  describe('as an object store', () => {
    let trial: Trial;
    const begun = (): Trial => trial;

    beforeAll(async () => {
      trial = await Trial.begin(opened());
    });
    afterAll(() => trial.end());

    describeObjects(begun);
    describeRanges(begun);
    describeLists(begun);
    describeWrites(begun);
    describeFailingSources(begun);
    describeResources(begun, large);
  });
}
