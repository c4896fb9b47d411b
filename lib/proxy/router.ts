import { routeName, type RouteTable } from "../config/route/route_config.ts";
import { type Egress, egressFor } from "../config/settings/egress.ts";
import { exposedSecrets } from "../credentials/exposed_secrets.ts";
import { openCredential } from "../credentials/open_credential.ts";
import { type CurrentMask, TableMask } from "../mask/table_mask.ts";
import { ServedHosts } from "../http/served_hosts.ts";
import { openTokenSource, type TokenStores } from "../tokens/open_token_source.ts";
import type { ConnectionCounts } from "../upstream/connection_counts.ts";
import type { Deadlines } from "../upstream/deadlines.ts";
import { Http1Transport } from "../upstream/http1_transport.ts";
import { fieldsDroppedByAll, requestFieldRules } from "./build_request.ts";
import { type Authenticator, authenticatorFor } from "./client_auth.ts";
import { parameterRule } from "./client_query.ts";
import { referenceRewriter } from "./reference.ts";
import type { Route } from "./route.ts";
import { RouteIndex } from "./route_index.ts";

/** A live route table. A reload replaces it as a whole. */
export interface Router {
  readonly routes: readonly Route[];
  /** The mask of all of the table's secrets, for the responses of every route. */
  readonly mask: CurrentMask;
  /** The hosts under which clients may ask for it. */
  readonly hosts: ServedHosts;
  /** Authenticates clients. */
  readonly authenticate: Authenticator;
  /** Returns the route for a request, or undefined if none matches. */
  match(host: string, path: string): Route | undefined;
  /** Closes the idle connections of all routes. Requests in flight are not affected. */
  close(): void;
}

/** What all routers of a process share. */
export interface RouterOptions extends TokenStores {
  /** Authorities trusted in addition to the built-in ones, in PEM. */
  readonly caCerts: readonly string[];
  readonly egress: Egress;
  /** The names under which the listener is served besides those that `ServedHosts` always accepts. */
  readonly hosts: readonly string[];
  readonly deadlines: Deadlines;
  /** Whether new connections to upstreams may be opened. */
  readonly mayConnect?: () => boolean;
  /** Returns the connection counts of a route, by its name. */
  readonly connectionCounts: (route: string) => ConnectionCounts;
}

/** Creates the router of a table. */
export function openRouter(table: RouteTable, options: RouterOptions): Router {
  const droppedByAll = fieldsDroppedByAll(table.routes);
  const routes = table.routes.map((config): Route => {
    const name = routeName(config);
    const token = openTokenSource(config, options);
    return {
      name,
      config,
      requestFields: requestFieldRules(config, droppedByAll),
      isParameterDropped: parameterRule(config),
      token,
      credential: openCredential(config, token),
      transport: new Http1Transport(config, {
        caCerts: options.caCerts,
        egress: egressFor(options.egress, config.upstream),
        deadlines: options.deadlines,
        ...(options.mayConnect && { mayConnect: options.mayConnect }),
        counts: options.connectionCounts(name),
      }),
      rewriteReferences: referenceRewriter(config, token),
    };
  });
  return createRouter(routes, {
    mask: new TableMask({
      list: () =>
        routes.flatMap(({ config, token }) => [
          ...[token.current, ...token.former].flatMap((each) =>
            each === undefined ? [] : exposedSecrets(config, each)
          ),
          ...(token.secrets ?? []).map((text) => ({ text })),
        ]).concat(options.minted.retired.map((text) => ({ text }))),
      version: () => options.files.changes.count,
    }),
    hosts: new ServedHosts([...options.hosts, ...table.routes.flatMap(({ host }) => host ?? [])]),
    authenticate: authenticatorFor(
      table.clientTokenEnv === undefined ? undefined : options.tokens.get(table.clientTokenEnv),
    ),
  });
}

/** Creates a router from live routes. */
export function createRouter(
  routes: readonly Route[],
  { mask, authenticate, hosts }: Pick<Router, "mask" | "authenticate" | "hosts">,
): Router {
  const index = new RouteIndex(
    routes.map((route) => ({ path: route.config.path, host: route.config.host, route })),
  );
  return {
    routes,
    mask,
    hosts,
    authenticate,
    match: (host, path) => index.match(host, path)?.route,
    close() {
      for (const { transport } of routes) transport.close();
    },
  };
}
