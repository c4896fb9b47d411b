/** What a prefix table's entry must have. */
interface Prefixed {
  readonly path: string;
}

/**
 * The first entry whose prefix the path has, given the longest prefix first.
 *
 * `/anthropic` stands for `/anthropic/`. Case counts and nothing is decoded: a prefix in another spelling is another
 * path.
 */
export function matchPrefix<Entry extends Prefixed>(
  entries: readonly Entry[],
  path: string,
): Entry | undefined {
  return entries.find((entry) =>
    path.startsWith(entry.path) || (path.length === entry.path.length - 1 && entry.path.startsWith(path))
  );
}

/** The target to ask the upstream for: the path below the prefix behind the upstream's own base. */
export function upstreamTarget(base: string, prefix: string, path: string, query: string): string {
  return `${base}/${path.slice(prefix.length)}${query}`;
}
