import { VERSION } from "../core/version.ts";
import type { TokenHealthState } from "../tokens/token_health.ts";
import type { Lost } from "../upstream/unfinished_uploads.ts";
import type { Family, Labels } from "./exposition.ts";
import type { Meters, Reloads } from "./meters.ts";
import type { RouteMeter } from "./route_meter.ts";
import { STATUS_CLASSES } from "./status_class.ts";

/** The current state of the service, in addition to its counters. */
export interface ServiceState {
  readonly inFlight: number;
  /** How many of the requests in flight are WebSockets. */
  readonly webSockets: number;
  readonly draining: boolean;
  /** Whether new connections are accepted. */
  readonly accepting: boolean;
  /** The time at which the service started, in milliseconds since 1970. */
  readonly startTime: number;
  /** What uploads have left that were not finished when their streamed response ended. */
  readonly lost: Lost;
  /** Resident memory, in bytes. */
  readonly memory: number;
  /** The clients of the table, with their requests in flight. */
  readonly clients: readonly { readonly name: string; readonly inFlight: number }[];
  /** The tokens of the table, and whether upstreams accept them. */
  readonly tokenHealth: readonly TokenHealthState[];
  /** The tokens that issuers issue. */
  readonly tokens: readonly TokenMetrics[];
}

/** The state of a token that an issuer issues. */
export interface TokenMetrics {
  readonly route: string;
  /** The client whose own token it is; empty: the route's. */
  readonly client: string;
  /** The time until it expires, in seconds; undefined if there is none, or the issuer did not say. */
  readonly expiresIn: number | undefined;
  /** How often the issuer was asked. */
  readonly refreshes: { readonly succeeded: number; readonly failed: number };
}

/**
 * Returns the service's metrics, named by Prometheus' conventions (base units, the unit in the name):
 * https://prometheus.io/docs/practices/naming/
 */
export function metricFamilies(meters: Meters, state: ServiceState): Family[] {
  const routes = [...meters.routes];

  function perRoute(value: (meter: RouteMeter) => number): [Labels, number][] {
    return routes.map(([route, meter]) => [{ route }, value(meter)]);
  }

  return [
    gauge("cred_proxy_build_info", "Version of the service and of Deno; always 1.", [
      [{ version: VERSION, deno: Deno.version.deno }, 1],
    ]),
    counter(
      "cred_proxy_requests_total",
      "Finished requests by route (empty if no route matched) and status class (1xx: a WebSocket; none if the client disconnected before the response).",
      routes.flatMap(([route, { requests }]) =>
        STATUS_CLASSES.map((code): [Labels, number] => [{ route, code }, requests[code]])
      ),
    ),
    {
      name: "cred_proxy_request_duration_seconds",
      help: "Time from the request to the end of the response, without WebSockets.",
      samples: { type: "histogram", values: routes.map(([route, { duration }]) => [{ route }, duration]) },
    },
    {
      name: "cred_proxy_response_first_byte_seconds",
      help: "Time from the request to the upstream's response head.",
      samples: { type: "histogram", values: routes.map(([route, { firstByte }]) => [{ route }, firstByte]) },
    },
    counter(
      "cred_proxy_request_content_bytes_total",
      "Request content sent to upstreams, messages of WebSockets that have ended included.",
      perRoute((meter) => meter.bytesUp),
    ),
    counter(
      "cred_proxy_response_content_bytes_total",
      "Response content sent to clients, messages of WebSockets that have ended included.",
      perRoute((meter) => meter.bytesDown),
    ),
    counter(
      "cred_proxy_websocket_messages_total",
      "Messages on WebSockets that have ended, by direction.",
      routes.flatMap(([route, meter]): [Labels, number][] => [
        [{ route, direction: "up" }, meter.messagesUp],
        [{ route, direction: "down" }, meter.messagesDown],
      ]),
    ),
    counter(
      "cred_proxy_masked_total",
      "Secrets masked in responses.",
      perRoute((meter) => meter.masked),
    ),
    counter(
      "cred_proxy_replies_unfinished_total",
      "Incomplete responses, by the side that aborted them, or by what made the proxy end them: coded content was withheld, its client revoked, or the memory used up.",
      routes.flatMap(([route, meter]): [Labels, number][] => [
        [{ route, by: "upstream" }, meter.upstreamAborted],
        [{ route, by: "client" }, meter.clientAborted],
        [{ route, by: "withheld" }, meter.withheld],
        [{ route, by: "revocation" }, meter.revoked],
        [{ route, by: "overload" }, meter.overloaded],
      ]),
    ),
    gauge("cred_proxy_requests_in_flight", "Requests in progress.", [[{}, state.inFlight]]),
    gauge("cred_proxy_websockets_open", "WebSockets among the requests in progress.", [[
      {},
      state.webSockets,
    ]]),
    gauge("cred_proxy_draining", "1 while the service is shutting down, otherwise 0.", [[
      {},
      state.draining ? 1 : 0,
    ]]),
    gauge(
      "cred_proxy_upstream_connections_open",
      "Open connections to upstreams, idle or in use.",
      perRoute((meter) => meter.connections.current),
    ),
    counter(
      "cred_proxy_upstream_connections_opened_total",
      "Connections opened to upstreams.",
      perRoute((meter) => meter.connections.opened),
    ),
    counter(
      "cred_proxy_upstream_connections_reused_total",
      "Requests sent on a reused connection.",
      perRoute((meter) => meter.connections.reused),
    ),
    counter(
      "cred_proxy_client_connections_lost_total",
      "Client connections that stay open until a restart (limit: 256).",
      [[{}, state.lost.connections]],
    ),
    counter(
      "cred_proxy_uploads_lost_total",
      "Unfinished uploads whose memory is freed only by a restart (limit: 4096).",
      [[{}, state.lost.uploads]],
    ),
    counter(
      "cred_proxy_refusals_total",
      "Error responses generated by the proxy, by code.",
      Object.entries(meters.refusals).map(([code, count]) => [{ code }, count]),
    ),
    counter(
      "cred_proxy_upstream_responses_total",
      "Responses of upstreams, by route, client (empty if clients are not distinguished) and status: 401, 403, 408, 429 and 529 by themselves, others by class.",
      [...meters.responses.list()].map((
        { route, client, status, count },
      ) => [{ route, client, status }, count]),
    ),
    counter(
      "cred_proxy_client_refusals_total",
      "Requests of known clients that the proxy refused, by client and code.",
      [...meters.clientRefusals].flatMap(([client, codes]) =>
        [...codes].map(([code, count]): [Labels, number] => [{ client, code }, count])
      ),
    ),
    gauge(
      "cred_proxy_client_requests_in_flight",
      "Requests in progress, by client.",
      state.clients.map(({ name, inFlight }) => [{ client: name }, inFlight]),
    ),
    gauge(
      "cred_proxy_token_refused",
      "1 while the upstream refuses the token, otherwise 0.",
      state.tokenHealth.map((
        { route, token, refusedSince },
      ) => [{ route, token }, refusedSince === undefined ? 0 : 1]),
    ),
    gauge(
      "cred_proxy_token_accepted_timestamp_seconds",
      "When the upstream last accepted the token, in seconds since the Unix epoch.",
      state.tokenHealth.flatMap(({ route, token, acceptedAt }): [Labels, number][] =>
        acceptedAt === undefined ? [] : [[{ route, token }, acceptedAt / 1000]]
      ),
    ),
    counter(
      "cred_proxy_token_reloads_total",
      "Reloads of token files, by result: taken or refused.",
      byResult(meters.tokenReloads),
    ),
    gauge(
      "cred_proxy_token_expires_seconds",
      "Time until the token from an issuer expires, by route and the client whose own token it is (empty: the route's); negative once it has.",
      state.tokens.flatMap(({ route, client, expiresIn }): [Labels, number][] =>
        expiresIn === undefined ? [] : [[{ route, client }, expiresIn]]
      ),
    ),
    counter(
      "cred_proxy_token_refreshes_total",
      "Requests for a token to an issuer, by route, client as above, and result: issued or failed.",
      state.tokens.flatMap(({ route, client, refreshes }): [Labels, number][] => [
        [{ route, client, result: "issued" }, refreshes.succeeded],
        [{ route, client, result: "failed" }, refreshes.failed],
      ]),
    ),
    counter(
      "cred_proxy_table_reloads_total",
      "Reloads of the route table, by result: taken or refused.",
      byResult(meters.tableReloads),
    ),
    gauge("process_start_time_seconds", "Start time of the service, in seconds since the Unix epoch.", [
      [{}, state.startTime / 1000],
    ]),
    gauge("process_resident_memory_bytes", "Resident memory.", [[{}, state.memory]]),
  ];
}

function byResult({ taken, refused }: Reloads): [Labels, number][] {
  return [[{ result: "taken" }, taken], [{ result: "refused" }, refused]];
}

function counter(name: string, help: string, values: readonly (readonly [Labels, number])[]): Family {
  return { name, help, samples: { type: "counter", values } };
}

function gauge(name: string, help: string, values: readonly (readonly [Labels, number])[]): Family {
  return { name, help, samples: { type: "gauge", values } };
}
