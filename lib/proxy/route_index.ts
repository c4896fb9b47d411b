/** What a route matches: a prefix that begins and ends with `/`, or a host. */
export interface Matched {
  readonly path: string;
  readonly host?: string | undefined;
}

/**
 * Finds the route for a request, at a cost that does not grow with the number of routes: one lookup by the host, then
 * one per slash of the path, from the longest prefix that any route has down to the root.
 */
export class RouteIndex<Route extends Matched> {
  readonly #byHost = new Map<string, Route>();
  readonly #byPrefix = new Map<string, Route>();
  /** The length of the longest prefix: a client can send far more slashes than any prefix has. */
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
   * Returns the route for the host, else the one with the longest prefix of the path.
   *
   * `/anthropic` stands for `/anthropic/`. Case counts and nothing is decoded: a prefix in another spelling is another
   * path.
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
      // From -1, lastIndexOf would begin at 0 again.
      if (slash === 0) return undefined;
      slash = path.lastIndexOf("/", slash - 1);
    }
    return undefined;
  }
}
