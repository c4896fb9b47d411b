/**
 * A valid route table. Only `parseRoutes` creates these values, so they need no further checks.
 *
 * @module
 */

import type { Pattern } from "../../http/pattern.ts";
import type { TokenFrom } from "./token_from.ts";
import type { Upstream } from "./upstream.ts";

export type { Upstream };

/** The configuration of one route. */
export interface RouteConfig {
  /** The prefix, which begins and ends with `/`. It is `/` for a route that matches a host. */
  readonly path: string;
  /** The Host field to match instead of a prefix, in lower case; undefined: the prefix decides. */
  readonly host: string | undefined;
  readonly upstream: Upstream;
  /** The name of the field that carries the credential, as the table spells it. */
  readonly authHeader: string;
  /** The scheme before the token; `""` for the bare token. */
  readonly authScheme: string;
  /** With the scheme `Basic`: the user of `user:token`. Undefined: the token is already `user:password`. */
  readonly authUser: string | undefined;
  /** The query parameter that carries the token instead of a field; undefined: none. */
  readonly authQuery: string | undefined;
  /** The environment variable that holds the token; undefined if it comes from elsewhere. */
  readonly tokenEnv: string | undefined;
  /** The file that holds the token, relative to the table's folder; undefined if it comes from elsewhere. */
  readonly tokenFile: string | undefined;
  /** How the token is obtained from an issuer; undefined if it comes from elsewhere. */
  readonly tokenFrom: TokenFrom | undefined;
  /** Fields that replace the client's on every request; names in lower case. */
  readonly setHeaders: ReadonlyMap<string, string>;
  /** Fields whose values are appended to the client's, separated by a comma; names in lower case. */
  readonly addHeaders: ReadonlyMap<string, string>;
  /** The client's fields that are dropped besides those that always are; names in lower case. */
  readonly dropHeaders: ReadonlySet<string>;
  /** The client's fields that are forwarded although other services accept a credential there; names in lower case. */
  readonly keepHeaders: ReadonlySet<string>;
  /** The client's parameters that are dropped besides those that always are, as `foldParameter` returns them. */
  readonly dropQuery: ReadonlySet<string>;
  /** The client's parameters that are forwarded although other services accept a credential there; likewise. */
  readonly keepQuery: ReadonlySet<string>;
  /** The allowed methods; undefined: all but those that are never forwarded. */
  readonly methods: ReadonlySet<string> | undefined;
  /** The allowed paths below the prefix; undefined: all. */
  readonly paths: readonly Pattern[] | undefined;
  /** Whether requests of web pages are forwarded. */
  readonly browsers: boolean;
  /** Whether `Cookie` and `Set-Cookie` are forwarded. */
  readonly cookies: boolean;
  /** Whether the secret is masked in responses. */
  readonly scrub: boolean;
  /** The time limit for connecting, including the TLS handshake, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** The time limit for the response head after the request head was sent, in milliseconds. */
  readonly responseTimeoutMs: number;
}

/** The route table. */
export interface RouteTable {
  /** First the routes that match a host, then the others by descending length of their prefix. */
  readonly routes: readonly RouteConfig[];
  /** The variable that holds the token that every client must send; undefined: every client is served. */
  readonly clientTokenEnv: string | undefined;
}

/** Returns a route's display name: its host or its prefix. */
export function routeName({ path, host }: Pick<RouteConfig, "path" | "host">): string {
  return host ?? path;
}
