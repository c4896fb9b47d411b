/**
 * What is known about a provider, as data: how its API is reached and authenticated, which clients it has, and how to
 * find out whether it takes a token.
 *
 * @module
 */

import type { Recipe } from "./clients/recipe.ts";

/** A provider for which `init` writes routes. */
export interface Provider {
  /** The name that `init` takes: lower case, with hyphens. */
  readonly name: string;
  /** What it is, in a few words. */
  readonly title: string;
  /** The host of `{host}` in upstreams; without one, each user has a host of their own and must name it. */
  readonly host?: string;
  /** An example of a host, if users have one of their own. */
  readonly hostExample?: string;
  readonly routes: readonly ProviderRoute[];
  /** The variables that the routes need, in the order of `.env`. */
  readonly secrets: readonly ProviderSecret[];
  /** A command of a client to try first: `claude`. */
  readonly command?: string;
  /** Pages of the provider to compare the facts with; docs/FIRST_RUN.md says what has been compared with what. */
  readonly sources: readonly string[];
}

/** A route of a provider. */
export interface ProviderRoute {
  /** The route as the table has it, with `{host}` in `upstream`. */
  readonly fields: RouteFields;
  /** How to point which client at it. */
  readonly clients: readonly Recipe[];
  /** The beginnings of the paths that clients ask for, by which a request without the route's prefix is recognized. */
  readonly calls?: readonly string[];
  /** A cheap request with which the provider shows whether it takes the token; undefined: none is known. */
  readonly proof?: Proof;
}

/** The fields of a route in a table: those that presets need to look at are named. */
export interface RouteFields {
  readonly path?: string;
  readonly host?: string;
  readonly upstream: string;
  readonly [field: string]: unknown;
}

/** A variable that holds a secret. */
export interface ProviderSecret {
  readonly variable: string;
  /** What it holds, for a comment in `.env`. */
  readonly what: string;
  /** The page on which a user gets it; undefined for one of the user's own systems. */
  readonly from?: string;
}

/** A request that changes nothing, and what the response means. */
export interface Proof {
  /** GET, unless stated otherwise. */
  readonly method?: "GET" | "POST";
  /** The path below the upstream's base, with the query. */
  readonly path: string;
  /** Fields besides the credential, names in lower case. */
  readonly fields?: Readonly<Record<string, string>>;
  /** The content of a POST. */
  readonly body?: string;
  /** The statuses that mean that the token is not taken: 401, unless stated otherwise. */
  readonly refused?: readonly number[];
  /**
   * Texts near the beginning of the content that mean the same, without white space: for providers whose status does not say it.
   */
  readonly refusedTexts?: readonly string[];
  /**
   * Where it is written how a token that is not valid is refused: by the provider, or in a response that somebody has shown.
   * Undefined: this depends on the server, which is the user's own.
   */
  readonly refusalSource?: string;
}
