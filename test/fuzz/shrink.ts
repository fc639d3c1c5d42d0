/**
 * Makes a text as short as it can be while it keeps a property: slices are taken out, half of it first, single
 * characters last. `find` gives the first of some texts that has the property, null when none has.
 */
export async function shrink(
  text: string,
  find: (candidates: readonly string[]) => Promise<string | null>,
): Promise<string> {
  let shortest = text;
  for (let size = Math.ceil(text.length / 2); size > 0;) {
    const found = await find(withoutSlices(shortest, size));
    if (found !== null) shortest = found;
    else size = size === 1 ? 0 : Math.ceil(size / 2);
  }
  return shortest;
}

function withoutSlices(text: string, size: number): string[] {
  const starts = Array.from({ length: Math.ceil(text.length / size) }, (_, i) => i * size);
  return starts.map((start) => (text.slice(0, start) + text.slice(start + size)).toWellFormed());
}
