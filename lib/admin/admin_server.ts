import type { Address } from "../http/host.ts";
import { ServedHosts } from "../http/served_hosts.ts";
import { upstreamText } from "../config/route/upstream_url.ts";
import { proofText } from "../clients/client_tokens.ts";
import { VERSION } from "../core/version.ts";
import type { LogEntry } from "../log/request_log.ts";
import type { Meters } from "../metrics/meters.ts";
import type { ServiceState, TokenMetrics } from "../metrics/metric_families.ts";
import type { UnfinishedUploads } from "../upstream/unfinished_uploads.ts";
import type { TokenHealths } from "../tokens/token_health.ts";
import type { Client } from "../proxy/client.ts";
import type { Service } from "../proxy/service.ts";
import { type AdminViews, handleAdmin } from "./admin_handler.ts";
import { type Filter, passes } from "./filter.ts";
import { History } from "./history.ts";
import type { ClientStatus, IssuedToken, PageData } from "./page_data.ts";
import { RecentRequests } from "./recent_requests.ts";

/** The sources of what the operator's listener shows, in addition to the log entries. */
export interface AdminSources {
  readonly service: Service;
  readonly meters: Meters;
  readonly tokenHealths: TokenHealths;
  readonly unfinishedUploads: Pick<UnfinishedUploads, "lost">;
  /** Returns how to point a client at the first route. */
  readonly setup: () => string;
  /** Whether clients can connect. */
  readonly listeners: { readonly accepting: boolean };
  /** The names under which the listener is served besides those that `ServedHosts` always accepts. */
  readonly hosts: readonly string[];
}

/** The operator's server: it keeps statistics and serves them on a listener of its own. */
export class AdminServer implements AdminViews {
  readonly #address: Address;
  readonly #sources: AdminSources;
  readonly #history = new History();
  readonly #recent = new RecentRequests();
  readonly #startTime = Date.now();
  readonly #hosts: ServedHosts;

  constructor(address: Address, sources: AdminSources) {
    this.#address = address;
    this.#sources = sources;
    this.#hosts = new ServedHosts(sources.hosts);
  }

  /** Starts the listener. @param options Shared by all listeners of the service. */
  listen(
    options: Pick<Deno.ServeOptions, "onListen" | "onError" | "automaticCompression">,
  ): Deno.HttpServer<Deno.NetAddr> {
    const { host, port } = this.#address;
    return Deno.serve(
      { hostname: host, port, ...options },
      (request) => handleAdmin(request, this, this.#hosts),
    );
  }

  get meters(): Meters {
    return this.#sources.meters;
  }

  /** Records a finished request. */
  record(entry: LogEntry): void {
    this.meters.record(entry);
    this.#history.record(entry);
    this.#recent.record(entry);
  }

  state(): ServiceState {
    const { limiter: { inFlight, draining }, webSockets } = this.#sources.service;
    const { accepting } = this.#sources.listeners;
    return {
      inFlight,
      webSockets: webSockets.size,
      draining,
      accepting,
      startTime: this.#startTime,
      lost: this.#sources.unfinishedUploads.lost,
      memory: Deno.memoryUsage().rss,
      clients: this.#sources.service.router.clients.map(({ config, limiter }) => ({
        name: config.name,
        inFlight: limiter.inFlight,
      })),
      tokenHealth: this.#sources.tokenHealths.list(),
      tokens: this.#tokens(),
    };
  }

  #tokens(): TokenMetrics[] {
    const now = Date.now();
    return this.#issuedTokens().map(({ route, client, status: { expiry, refreshes } }) => ({
      route,
      client: client ?? "",
      expiresIn: expiry && (expiry - now) / 1000,
      refreshes,
    }));
  }

  /** Returns the tokens from issuers: those of the routes, then the clients' own. */
  #issuedTokens(): IssuedToken[] {
    const { routes, own } = this.#sources.service.router;
    return [...routes.map((route) => ({ route, client: undefined })), ...own].flatMap(({ route, client }) => {
      const status = route.token.status?.();
      return status === undefined
        ? []
        : [{ route: route.name, client, token: route.token.describe(), status }];
    });
  }

  page(filter: Filter): PageData {
    const { service: { limiter, router, webSockets, spans }, meters, tokenHealths } = this.#sources;
    const now = Date.now();
    const tokens = tokenHealths.list();
    const health = new Map(tokens.map((each) => [`${each.route} ${each.token}`, each]));
    return {
      version: VERSION,
      now,
      startTime: this.#startTime,
      draining: limiter.draining,
      inFlight: limiter.inFlight,
      maxInFlight: limiter.limit,
      webSockets: webSockets.size,
      filter,
      routes: router.routes.map(({ name, config, token }) => ({
        name,
        upstream: upstreamText(config.upstream),
        token: token.describe(),
        tokenIsSet: token.missing === undefined ? token.current !== undefined : token.missing().length === 0,
        health: health.get(`${name} ${token.describe()}`),
        connections: meters.connections(name).current,
      })),
      clients: router.clients.map(clientStatus),
      tokens,
      issued: this.#issuedTokens(),
      setup: this.#sources.setup(),
      minutes: this.#history.minutes(now, filter),
      hour: this.#history.routes(now),
      hourByClient: this.#history.clients(now, filter.route),
      current: [...spans].map(({ entry }) => entry).filter((entry) => passes(entry, filter))
        .sort((left, right) => left.began - right.began),
      recent: this.#recent.list().filter((entry) => passes(entry, filter)),
    };
  }
}

function clientStatus({ config, limiter, isKnown }: Client): ClientStatus {
  const { name, routes, expires, limits } = config;
  return {
    name,
    proof: proofText(config),
    problem: !isKnown()
      ? "(unset)"
      : expires !== undefined && expires <= Date.now()
      ? "(expired)"
      : undefined,
    routes: routes === undefined ? "all" : [...routes.keys()].join(" "),
    inFlight: limiter.inFlight,
    maxInFlight: limits.maxInFlight,
  };
}
