import type { Identity, Registered } from "../clients/client_directory.ts";
import type { RequestLimiter } from "../clients/request_limiter.ts";
import { Refusal } from "../http/refusal.ts";
import type { Route } from "./route.ts";

/** A live client. */
export interface Client extends Registered {
  readonly limiter: RequestLimiter;
  /** The routes that the client may use, as it gets them, by name; undefined: all, as they are. */
  readonly routes: ReadonlyMap<string, Route> | undefined;
  /** Reports whether the client can be known: whether its token is set. */
  isKnown(): boolean;
}

/** Who sends a request; undefined if clients are not distinguished. */
export type ClientIdentity = Identity<Client> | undefined;

/**
 * Returns a route as a client gets it.
 *
 * @throws {Refusal} `not_allowed` if the client may not use the route.
 */
export function routeFor(identity: ClientIdentity, route: Route): Route {
  const routes = identity?.client.routes;
  if (routes === undefined) return route;
  const own = routes.get(route.name);
  if (own === undefined) throw new Refusal("not_allowed", "this client");
  return own;
}
