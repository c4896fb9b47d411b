import { type ClientParts, loadClients } from "../clients/load_clients.ts";
import type { IssuerOptions } from "../clients/open_issuers.ts";
import type { RequestLimiters } from "../clients/request_limiter.ts";
import {
  type ClientRoute,
  type RouteConfig,
  routeName,
  type RouteTable,
} from "../config/route/route_config.ts";
import { egressFor } from "../config/settings/egress.ts";
import { Secret } from "../core/secret.ts";
import { loadSigning } from "../credentials/load_signing.ts";
import { openCredential } from "../credentials/open_credential.ts";
import type { MaskedSecret } from "../mask/forms.ts";
import { type CurrentMask, TableMask } from "../mask/table_mask.ts";
import { ServedHosts } from "../http/served_hosts.ts";
import { openTokenSource, type TokenStores } from "../tokens/open_token_source.ts";
import type { TokenHealths } from "../tokens/token_health.ts";
import type { ConnectionCounts } from "../upstream/connection_counts.ts";
import type { BufferBudget } from "../upstream/buffer_budget.ts";
import { LateTransport } from "../upstream/late_transport.ts";
import type { UnfinishedUploads } from "../upstream/unfinished_uploads.ts";
import { fieldsDroppedByAll, requestFieldRules } from "./build_request.ts";
import type { Client } from "./client.ts";
import { anyClient, type Authenticator, listedClients, oneToken } from "./client_auth.ts";
import { parameterRule, parametersDroppedByAll } from "./client_query.ts";
import { EXCHANGE } from "./late_exchange.ts";
import { ReferenceIndex } from "./reference/reference_index.ts";
import { RouteReferences } from "./reference/route_references.ts";
import type { Route } from "./route.ts";
import { RouteIndex } from "./route_index.ts";
import type { RouteSuggestions } from "./suggest_route.ts";

/** A live route table. A reload replaces it as a whole. */
export interface Router {
  readonly routes: readonly Route[];
  /** Empty if the table does not list its clients. */
  readonly clients: readonly Client[];
  /** The routes that clients get with a token of their own. */
  readonly own: readonly OwnRoute[];
  /** The mask of all of the table's secrets, for the responses of every route. */
  readonly mask: CurrentMask;
  /** The hosts under which clients may ask for it. */
  readonly hosts: ServedHosts;
  /** Whether clients have to authenticate. */
  readonly isClosed: boolean;
  /** Authenticates clients. */
  readonly authenticate: Authenticator;
  /** Returns a client of the table by its name; if the table lists none, every name's is undefined. */
  client(name: string): Client | undefined;
  /** Returns the route for a request, or undefined if none matches. */
  match(host: string, path: string): Route | undefined;
  /**
   * Returns what to suggest for a path without a route, as the end of a message; nothing if the table lists
   * clients, since not all of them may know every route.
   */
  suggest(path: string): Promise<string>;
  /** Returns the index of the routes that a client may use by their upstreams. */
  referencesFor(client: Client | undefined): ReferenceIndex;
  /** Closes the idle connections of all routes. Requests in flight are not affected. */
  close(): void;
}

/** A route with a token of one client. */
export interface OwnRoute {
  /** The client's name. */
  readonly client: string;
  readonly route: Route;
}

/** What all routers of a process share. */
export interface RouterOptions extends TokenStores, IssuerOptions {
  /** The mask that the tables before this one had as well; by default one of its own. */
  readonly mask?: TableMask;
  /** The names under which the listener is served besides those that `ServedHosts` always accepts. */
  readonly hosts: readonly string[];
  /** The memory that all streams share. */
  readonly budget: BufferBudget;
  /** Counts requests, also those of former routers. */
  readonly limiters: RequestLimiters;
  /** Knows whether tokens are accepted, also from former routers. */
  readonly tokenHealths: TokenHealths;
  /** Counts the uploads that go on while their response is streamed. */
  readonly unfinishedUploads?: UnfinishedUploads;
  /** Whether new connections to upstreams may be opened. */
  readonly mayConnect?: () => boolean;
  /** Returns the connection counts of a route, by its name. */
  readonly connectionCounts: (route: string) => ConnectionCounts;
}

/** Creates the router of a table, and loads what only such a table needs. */
export async function openRouter(table: RouteTable, options: RouterOptions): Promise<Router> {
  const signing = await loadSigning(table.routes);
  const parts = await loadClients(table);
  const droppedByAll = fieldsDroppedByAll(table.routes);
  const parametersDropped = parametersDroppedByAll(table.routes);
  const limiters = options.limiters.replace();
  const healths = options.tokenHealths.replace();
  const open = (config: RouteConfig): Route => {
    const name = routeName(config);
    const token = openTokenSource(config, options);
    return {
      name,
      config,
      policies: [config],
      limiter: limiters.of("route", name, config.limits),
      requestFields: requestFieldRules(config, droppedByAll),
      isParameterDropped: parameterRule(config, parametersDropped),
      token,
      tokenHealth: healths.of(name, token.describe()),
      credential: openCredential(config, token, { ...options, signing }),
      transport: new LateTransport(config, {
        caCerts: options.caCerts,
        egress: egressFor(options.egress, config.upstream),
        deadlines: options.deadlines,
        ...(options.unfinishedUploads && { unfinishedUploads: options.unfinishedUploads }),
        ...(options.mayConnect && { mayConnect: options.mayConnect }),
        counts: options.connectionCounts(name),
      }),
      references: new RouteReferences(config, token),
    };
  };
  const routes = table.routes.map(open);
  const own: OwnRoute[] = [];
  const byName = new Map(routes.map((route) => [route.name, route]));
  /** A route with the token of one client has connections of its own, so that no other client's request goes over them. */
  const openFor = (
    client: string,
    [name, { config, isUnchanged, hasOwnToken }]: readonly [string, ClientRoute],
  ): Route => {
    const route = byName.get(name)!;
    if (isUnchanged) return route;
    const policies = [...route.policies, config];
    if (!hasOwnToken) {
      return { ...route, config, policies, requestFields: requestFieldRules(config, droppedByAll) };
    }
    const opened = { ...open(config), policies };
    own.push({ client, route: opened });
    return opened;
  };
  const clients = table.clients.map((config): Client => ({
    config,
    limiter: limiters.of("client", config.name, config.limits),
    isKnown: () => parts?.unsetClientText(config, options) === undefined,
    routes: config.routes && new Map([...config.routes].map((each) => [each[0], openFor(config.name, each)])),
  }));
  const secrets = () =>
    [...routes, ...own.map(({ route }) => route)].flatMap(({ config, token }) => [
      ...[token.current, ...token.former].flatMap((each) =>
        each === undefined ? [] : EXCHANGE.loaded.exposedSecrets(config, each)
      ),
      ...(token.secrets ?? []).map((text) => ({ text })),
    ]);
  const mask = options.mask ?? new TableMask();
  mask.follow({ list: secrets, version: () => options.files.changes.count });
  return createRouter(routes, {
    own,
    clients,
    mask,
    isClosed: clients.length > 0 || table.clientTokenEnv !== undefined,
    authenticate: authenticatorFor(table, options, { parts, clients, secrets }),
    hosts: new ServedHosts([...options.hosts, ...table.routes.flatMap(({ host }) => host ?? [])]),
  });
}

function authenticatorFor(
  { clientTokenEnv, issuers }: RouteTable,
  options: RouterOptions,
  { parts, clients, secrets }: {
    parts: ClientParts | undefined;
    clients: readonly Client[];
    secrets: () => readonly MaskedSecret[];
  },
): Authenticator {
  if (clients.length > 0) {
    if (parts === undefined) throw new Error("What knows clients has not been loaded");
    return listedClients(
      new parts.ClientDirectory({
        clients,
        issuers: parts.openIssuers(issuers, options),
        hashesOf: ({ config }) => parts.clientHashes(config, options),
        secrets: () => secrets().map(({ text }) => text),
        version: () => options.files.changes.count,
      }),
    );
  }
  if (clientTokenEnv === undefined) return anyClient();
  // Without the token nobody is served: a start or a reload without it is refused.
  return oneToken(options.tokens.get(clientTokenEnv) ?? Secret.of(crypto.randomUUID()));
}

/** Creates a router from live routes. */
export function createRouter(
  routes: readonly Route[],
  { mask, authenticate, hosts, isClosed = false, own = [], clients = [] }:
    & Pick<Router, "mask" | "authenticate" | "hosts">
    & Partial<Pick<Router, "isClosed">>
    & { readonly own?: readonly OwnRoute[]; readonly clients?: readonly Client[] },
): Router {
  const index = new RouteIndex(
    routes.map((route) => ({ path: route.config.path, host: route.config.host, route })),
  );
  const byName = new Map(clients.map((client) => [client.config.name, client]));
  let suggestions: Promise<RouteSuggestions | undefined> | undefined;
  const indexOf = (from: Iterable<Route>) =>
    new ReferenceIndex([...from].map(({ references }) => references));
  let allReferences: ReferenceIndex | undefined;
  /** By client, made when first needed: most clients get no such reference. */
  const references = new WeakMap<Client, ReferenceIndex>();
  return {
    routes,
    mask,
    hosts,
    isClosed,
    authenticate,
    clients,
    own,
    client: (name) => byName.get(name),
    match: (host, path) => index.match(host, path)?.route,
    async suggest(path) {
      if (clients.length > 0) return "";
      suggestions ??= loadSuggestions(routes);
      return (await suggestions)?.for(path) ?? "";
    },
    referencesFor(client) {
      if (client?.routes === undefined) return allReferences ??= indexOf(routes);
      const known = references.get(client) ?? indexOf(client.routes.values());
      references.set(client, known);
      return known;
    },
    close() {
      for (const { transport } of [...routes, ...own.map(({ route }) => route)]) transport.close();
    },
  };
}

/** Loads what suggests a route, all presets among it. If somebody has changed the sources since the start, that fails. */
async function loadSuggestions(routes: readonly Route[]): Promise<RouteSuggestions | undefined> {
  try {
    const { RouteSuggestions } = await import("./suggest_route.ts");
    return new RouteSuggestions(routes.map(({ config }) => config));
  } catch {
    return undefined;
  }
}
