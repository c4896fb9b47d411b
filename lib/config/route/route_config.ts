/**
 * A valid route table. Only `parseRoutes` creates these values, so they need no further checks.
 *
 * @module
 */

import type { Pattern } from "../../http/pattern.ts";
import type { SubjectPattern } from "./subject.ts";
import type { SignWith } from "./sign_with.ts";
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
  /** How requests are signed; undefined: they carry the token instead. */
  readonly signWith: SignWith | undefined;
  /** Whether requests go out without a credential. */
  readonly anonymous: boolean;
  /** The maximum length of a body that has to be hashed to be signed, in bytes. */
  readonly signBodyLimit: number;
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
  /** How much all clients together may ask for. */
  readonly limits: RequestLimits;
  /** Whether `Cookie` and `Set-Cookie` are forwarded. */
  readonly cookies: boolean;
  /** Whether the secret is masked in responses. */
  readonly scrub: boolean;
  /** Whether WebSockets are served. */
  readonly websocket: boolean;
  /** After how much silence either side of a WebSocket is sent a ping, in milliseconds. */
  readonly websocketPingMs: number;
  /** The time limit for connecting, including the TLS handshake, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** The time limit for the response head after the request head was sent, in milliseconds. */
  readonly responseTimeoutMs: number;
}

/** A client: how it proves who it is, and what it may do. */
export interface ClientConfig {
  /** The name in log, metrics and page; unique. */
  readonly name: string;
  readonly proof: ClientProof;
  /** The routes that the client may use, as it gets them, by {@linkcode routeName}; undefined: all, as they are. */
  readonly routes: ReadonlyMap<string, ClientRoute> | undefined;
  readonly limits: RequestLimits;
  /** When the client stops being served, in milliseconds since 1970; undefined: never. */
  readonly expires: number | undefined;
}

/** How a client proves who it is. */
export type ClientProof =
  /** The client token's SHA-256; several while one token replaces another. */
  | { readonly kind: "hash"; readonly hashes: readonly string[] }
  /** The environment variable that holds the client token. */
  | { readonly kind: "env"; readonly variable: string }
  /** The file that holds the client token, as the table spells it. */
  | { readonly kind: "file"; readonly file: string }
  /** A JSON Web Token (RFC 7519) of an issuer, with a subject that matches. */
  | { readonly kind: "subject"; readonly subject: SubjectPattern; readonly issuer: string };

/** A route as one client gets it. */
export interface ClientRoute {
  /** The route with the client's own methods, paths and token in place of the route's. */
  readonly config: RouteConfig;
  /** Whether `config` is the route's own, unchanged. */
  readonly isUnchanged: boolean;
  /** Whether the client has a token of its own. */
  readonly hasOwnToken: boolean;
}

/** How much a client may ask for, or all clients together of a route. Undefined: as much as they like. */
export interface RequestLimits {
  readonly requestsPerMinute: number | undefined;
  readonly maxInFlight: number | undefined;
}

/** An issuer of JSON Web Tokens, such as a Kubernetes cluster. */
export interface IssuerConfig {
  /** The value of the claim `iss`, compared byte for byte. */
  readonly issuer: string;
  /** The value that the claim `aud` must have, or contain. */
  readonly audience: string;
  /** Where the keys are that verify signatures: a JSON Web Key Set (RFC 7517, section 5). */
  readonly keys: KeySetLocation;
}

/** A file, as the table spells it, or a URL. */
export type KeySetLocation =
  | { readonly kind: "file"; readonly file: string }
  | { readonly kind: "url"; readonly url: Upstream };

/** The route table. */
export interface RouteTable {
  /** First the routes that match a host, then the others by descending length of their prefix. */
  readonly routes: readonly RouteConfig[];
  /** The variable that holds the token that every client must send; undefined: every client is served. */
  readonly clientTokenEnv: string | undefined;
  /** The clients that are served; empty: there is no list of them. */
  readonly clients: readonly ClientConfig[];
  /** The issuers of the tokens by which clients with a subject prove who they are. */
  readonly issuers: readonly IssuerConfig[];
}

/** Returns a route's display name: its host or its prefix. */
export function routeName({ path, host }: Pick<RouteConfig, "path" | "host">): string {
  return host ?? path;
}

/** Returns all routes, and then those that clients get with a token of their own. */
export function routesWithTokens(
  { routes, clients }: Pick<RouteTable, "routes" | "clients">,
): readonly RouteConfig[] {
  return [
    ...routes,
    ...clients.flatMap((client) =>
      [...client.routes?.values() ?? []].flatMap(({ config, hasOwnToken }) => hasOwnToken ? [config] : [])
    ),
  ];
}
