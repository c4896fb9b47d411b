/** What an entry of the table must have. */
interface Placed {
  readonly path: string;
  /** Of an entry that goes by the host. */
  readonly host?: string | undefined;
}

/**
 * The first entry that is for the host a request names, given those that go by the host first.
 *
 * @param host The Host field's value, judged to be one.
 */
export function matchHost<Entry extends Placed>(entries: readonly Entry[], host: string): Entry | undefined {
  // Most tables have none.
  if (entries[0]?.host === undefined) return undefined;
  const name = host.replace(/:[0-9]*$/, "").toLowerCase();
  return entries.find((entry) => entry.host === name);
}

/**
 * The first entry whose prefix the path has, given the longest prefix first.
 *
 * `/anthropic` stands for `/anthropic/`. Case counts and nothing is decoded: a prefix in another spelling is another
 * path.
 */
export function matchPrefix<Entry extends Placed>(
  entries: readonly Entry[],
  path: string,
): Entry | undefined {
  return entries.find((entry) =>
    entry.host === undefined &&
    (path.startsWith(entry.path) || (path.length === entry.path.length - 1 && entry.path.startsWith(path)))
  );
}

/** The target to ask the upstream for: the path below the prefix behind the upstream's own base. */
export function upstreamTarget(base: string, prefix: string, path: string, query: string): string {
  return `${base}/${path.slice(prefix.length)}${query}`;
}
