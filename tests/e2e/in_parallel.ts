/** Does the work for each item, some of them at a time, and gives the results in the items' order. */
export async function inParallel<Item, Result>(
  atATime: number,
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = items.entries();
  async function worker(): Promise<void> {
    // The same iterator for all, so that each item is taken once.
    for (const [index, item] of waiting) results[index] = await work(item);
  }
  await Promise.all(Array.from({ length: atATime }, worker));
  return results;
}
