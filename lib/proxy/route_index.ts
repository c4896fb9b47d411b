/** What a route matches: a host if there is one, otherwise a prefix that begins and ends with `/`. */
export interface Matched {
  readonly path: string;
  readonly host?: string | undefined;
}

/**
 * An index of routes whose lookups do not slow down with the number of routes: one lookup by the host, then one per slash
 * of the path, from the length of the longest prefix down to the root.
 */
export class RouteIndex<Route extends Matched> {
  readonly #byHost = new Map<string, Route>();
  readonly #byPrefix = new Map<string, Route>();
  /** The length of the longest prefix, in characters: a client can send far more slashes than any prefix has. */
  #longest = 0;

  constructor(routes: Iterable<Route>) {
    for (const route of routes) {
      if (route.host !== undefined) {
        this.#byHost.set(route.host, route);
        continue;
      }
      this.#byPrefix.set(route.path, route);
      this.#longest = Math.max(this.#longest, route.path.length);
    }
  }

  /**
   * Returns the route for the host, otherwise the one with the longest prefix of the path.
   *
   * `/anthropic` is equivalent to `/anthropic/`. Prefixes are case-sensitive, and nothing is decoded.
   *
   * @param host The Host field's value, already validated.
   */
  match(host: string, path: string): Route | undefined {
    return this.#matchHost(host) ?? this.#matchPrefix(path);
  }

  #matchHost(host: string): Route | undefined {
    // Most tables have no route by host.
    if (this.#byHost.size === 0) return undefined;
    return this.#byHost.get(host.replace(/:[0-9]*$/, "").toLowerCase());
  }

  #matchPrefix(path: string): Route | undefined {
    if (path.length < this.#longest) {
      const whole = this.#byPrefix.get(`${path}/`);
      if (whole !== undefined) return whole;
    }
    for (let slash = path.lastIndexOf("/", this.#longest - 1); slash >= 0;) {
      const route = this.#byPrefix.get(path.slice(0, slash + 1));
      if (route !== undefined) return route;
      // lastIndexOf treats -1 as 0, so the loop would not end.
      if (slash === 0) return undefined;
      slash = path.lastIndexOf("/", slash - 1);
    }
    return undefined;
  }
}
