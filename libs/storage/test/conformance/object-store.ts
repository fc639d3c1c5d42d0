import { afterAll, beforeAll, describe } from 'vitest';
import type { ObjectStore } from '#libs/storage';
import { describeFailingSources } from './failing-sources.js';
import { describeLists } from './lists.js';
import { describeObjects } from './objects.js';
import { describeRanges } from './ranges.js';
import { describeResources } from './resources.js';
import { Trial } from './trial.js';
import { describeWrites } from './writes.js';

/** What the suite must know of the store that it tries. */
export interface Subject {
  /** Gives a store that is open and empty. */
  open(): Promise<ObjectStore>;
  /** Removes what `open` made. */
  remove(): Promise<void>;
  /** False: it holds everything in memory, so an object of 600 MB is not for it. */
  readonly takesLargeObjects: boolean;
}

/** What every ObjectStore must do, whatever is below it. */
export function describeObjectStore(title: string, subject: Subject): void {
  describe(`${title} as an object store`, () => {
    let trial: Trial;
    const begun = (): Trial => trial;

    beforeAll(async () => {
      trial = await Trial.begin(await subject.open());
    });
    afterAll(async () => {
      await trial.end();
      await subject.remove();
    });

    describeObjects(begun);
    describeRanges(begun);
    describeLists(begun);
    describeWrites(begun);
    describeFailingSources(begun);
    describeResources(begun, subject.takesLargeObjects);
  });
}
