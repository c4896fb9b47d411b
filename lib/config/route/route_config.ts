/**
 * What a valid route table becomes: values that need no further check. Only `parseRoutes` makes them.
 *
 * @module
 */

import type { Pattern } from "../../http/pattern.ts";

/** Where a route's requests go, from the table's `upstream` URL. */
export interface Upstream {
  readonly scheme: "http" | "https";
  /** A host as `Deno.connect` takes it: lower case, an IPv6 address without its brackets. */
  readonly host: string;
  readonly port: number;
  /** The Host field's value (RFC 9110, section 7.2): brackets around an IPv6 address, no default port. */
  readonly authority: string;
  /** The upstream URL's path without its final slash: `""` or `/base`. */
  readonly base: string;
}

/** One entry of the route table. */
export interface RouteConfig {
  /** The prefix: begins and ends with `/`. It is `/` on a route that matches a host. */
  readonly path: string;
  /** The Host field to match instead of a prefix, in lower case; undefined: the prefix decides. */
  readonly host: string | undefined;
  readonly upstream: Upstream;
  /** The name of the field that carries the credential, as the table spells it. */
  readonly authHeader: string;
  /** The word before the token; `""` for the bare token. */
  readonly authScheme: string;
  /** With the scheme `Basic`: the user of `user:token`. Undefined: the token is already `user:password`. */
  readonly authUser: string | undefined;
  /** The environment variable that holds the token; undefined: a file does. */
  readonly tokenEnv: string | undefined;
  /** The file that holds the token, below the table's folder; undefined: a variable does. Exactly one of the two is set. */
  readonly tokenFile: string | undefined;
  /** Fields that replace the client's on every request; names in lower case. */
  readonly setHeaders: ReadonlyMap<string, string>;
  /** Fields whose values are appended to the client's as a comma list; names in lower case. */
  readonly addHeaders: ReadonlyMap<string, string>;
  /** The methods that are forwarded; undefined: all but those that are never forwarded. */
  readonly methods: ReadonlySet<string> | undefined;
  /** What may be requested below the prefix; undefined: everything. */
  readonly paths: readonly Pattern[] | undefined;
  /** Whether `Cookie` and `Set-Cookie` are forwarded. */
  readonly cookies: boolean;
  /** Whether the secret is masked in responses. */
  readonly scrub: boolean;
  /** How long connecting may take, with the TLS handshake, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** How long the head of a response may take from the end of the request's head, in milliseconds. */
  readonly responseTimeoutMs: number;
}

/** The whole table. */
export interface RouteTable {
  /** Routes that match a host first, then those with the longest prefix, so that the first match is the right one. */
  readonly routes: readonly RouteConfig[];
  /** The variable that holds the token that every client must show; undefined: every client is served. */
  readonly clientTokenEnv: string | undefined;
}

/** Returns the name of a route for people: its host or its prefix. */
export function routeName({ path, host }: Pick<RouteConfig, "path" | "host">): string {
  return host ?? path;
}
