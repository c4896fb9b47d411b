/** Runs `work` for each item, `concurrency` at a time. @returns The results in the items' order. */
export async function inParallel<Item, Result>(
  concurrency: number,
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = items.entries();
  async function worker(): Promise<void> {
    // All workers share the iterator, so that each item is processed once.
    for (const [index, item] of waiting) results[index] = await work(item);
  }
  await Promise.all(Array.from({ length: concurrency }, worker));
  return results;
}
