import { RouteIndex } from "../route_index.ts";
import type { RouteReferences } from "./route_references.ts";

/** One route, by the path of its upstream. */
interface Indexed {
  readonly path: string;
  readonly references: RouteReferences;
}

/** An index of routes by their upstreams, whose lookups do not slow down with the number of routes. */
export class ReferenceIndex {
  readonly #byAuthority = new Map<string, RouteIndex<Indexed>>();

  /** @param all Of routes that lead to one upstream, the first is found. */
  constructor(all: Iterable<RouteReferences>) {
    const lists = new Map<string, Map<string, Indexed>>();
    for (const references of all) {
      const { authority, base } = references.upstream;
      // To look a URL up by a path that holds a token would tell whoever chose the URL whether it is the token.
      if (references.isSecret) continue;
      const list = lists.get(authority) ?? new Map<string, Indexed>();
      lists.set(authority, list);
      const path = `${base}/`;
      if (!list.has(path)) list.set(path, { path, references });
    }
    for (const [authority, list] of lists) this.#byAuthority.set(authority, new RouteIndex(list.values()));
  }

  /**
   * Returns the route whose upstream contains a URL, the one with the longest path if there are several.
   *
   * @param authority In lower case, without a default port.
   * @param path From its first slash, with query and fragment.
   */
  find(authority: string, path: string): RouteReferences | undefined {
    const index = this.#byAuthority.get(authority);
    return index?.match("", path.replace(/[?#].*$/s, ""))?.references;
  }
}
