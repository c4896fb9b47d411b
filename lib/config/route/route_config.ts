/**
 * What a route table becomes once it has been judged: values that need no further check. `parseRoutes` is the only
 * maker of these.
 *
 * @module
 */

import type { Pattern } from "../../http/pattern.ts";

/** Where a route's requests go. Made from the table's `upstream` URL. */
export interface Upstream {
  readonly scheme: "http" | "https";
  /** A host as `Deno.connect` takes it: lower case, an IPv6 address without its brackets. */
  readonly host: string;
  readonly port: number;
  /** The Host field's value (RFC 9110, section 7.2): brackets round an IPv6 address, no default port. */
  readonly authority: string;
  /** The upstream URL's path without its final slash: `""` or `/base`. */
  readonly base: string;
}

/** One entry of the route table. */
export interface RouteConfig {
  /** The prefix: begins and ends with `/`. It is `/` on a route that goes by the host. */
  readonly path: string;
  /** The host that requests are for which come here, whatever their path, in lower case; undefined: the prefix decides. */
  readonly host: string | undefined;
  readonly upstream: Upstream;
  /** The field name, as the table spells it, of the field that carries the credential. */
  readonly authHeader: string;
  /** The word before the token; `""` for the bare token. */
  readonly authScheme: string;
  /** With the scheme `Basic`: the user of `user:token`. Undefined: the token is already `user:password`. */
  readonly authUser: string | undefined;
  /** The environment variable that holds the token; undefined: a file does. */
  readonly tokenEnv: string | undefined;
  /** The file that holds the token, below the table's folder; undefined: a variable does. Exactly one is there. */
  readonly tokenFile: string | undefined;
  /** Fields that replace the client's on every request; names in lower case. */
  readonly setHeaders: ReadonlyMap<string, string>;
  /** Fields whose values are appended to the client's as a comma list; names in lower case. */
  readonly addHeaders: ReadonlyMap<string, string>;
  /** The methods that pass; undefined: all that are ever forwarded. */
  readonly methods: ReadonlySet<string> | undefined;
  /** What may be asked for below the prefix; undefined: everything. */
  readonly paths: readonly Pattern[] | undefined;
  /** Whether `Cookie` and `Set-Cookie` pass. */
  readonly cookies: boolean;
  /** Whether the secret is masked in replies. */
  readonly scrub: boolean;
  /** How long a connection, with its TLS handshake, may take. */
  readonly connectTimeoutMs: number;
  /** How long the head of a response may take, counted from the end of the request's head. */
  readonly responseTimeoutMs: number;
}

/** The whole table. */
export interface RouteTable {
  /** Those that go by the host first, then the longest prefix, so that the first that matches is the right one. */
  readonly routes: readonly RouteConfig[];
  /** The variable that holds the token which every client must show; undefined: whoever gets here is served. */
  readonly clientTokenEnv: string | undefined;
}

/** What people call a route. */
export function routeName({ path, host }: Pick<RouteConfig, "path" | "host">): string {
  return host ?? path;
}
