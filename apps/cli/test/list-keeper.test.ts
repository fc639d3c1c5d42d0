import { expect, it } from 'vitest';
import { ListKeeper } from '../src/import/list-keeper.js';

it('adds the versions of a module when none is under way, and never twice at the same time', async () => {
  const added: string[][] = [];
  const writes: (() => void)[] = [];
  const lists = new ListKeeper((_module, versions) => {
    added.push([...versions]);
    return new Promise((resolve) => writes.push(resolve));
  });
  const first = Promise.withResolvers<boolean>();
  const runs = [
    lists.during('example.com/a', 'v1.0.0', () => first.promise),
    lists.during('example.com/a', 'v1.1.0', async () => true),
    lists.during('example.com/a', 'v1.2.0', async () => false),
  ];
  await runs[2];
  expect(added).toEqual([]);
  first.resolve(true);
  await expect.poll(() => added).toEqual([['v1.1.0', 'v1.0.0']]);

  await lists.during('example.com/a', 'v1.3.0', async () => true);
  expect(added).toHaveLength(1);
  writes[0]?.();
  await expect.poll(() => added).toEqual([['v1.1.0', 'v1.0.0'], ['v1.3.0']]);
  writes[1]?.();
  await Promise.all(runs);
});
