import { VERSION } from "../core/version.ts";
import type { Family, Labels } from "./exposition.ts";
import type { Meters, Reloads } from "./meters.ts";
import type { RouteMeter } from "./route_meter.ts";
import { STATUS_CLASSES } from "./status_class.ts";

/** What the process is now, beside what it has done. */
export interface ServiceState {
  readonly inFlight: number;
  readonly draining: boolean;
  /** When it began to serve, in milliseconds since 1970. */
  readonly startTime: number;
  /** Resident memory, in bytes. */
  readonly memory: number;
}

/** The numbers of the service, as Prometheus names such: base units, the unit in the name. */
export function metricFamilies(meters: Meters, state: ServiceState): Family[] {
  const routes = [...meters.routes];

  function each(number: (meter: RouteMeter) => number): [Labels, number][] {
    return routes.map(([route, meter]) => [{ route }, number(meter)]);
  }

  return [
    gauge("cred_proxy_build_info", "What runs here; always 1.", [
      [{ version: VERSION, deno: Deno.version.deno }, 1],
    ]),
    counter(
      "cred_proxy_requests_total",
      "Requests that have ended, by route (empty: no route was for it) and class of status (none: the client left before one).",
      routes.flatMap(([route, { requests }]) =>
        STATUS_CLASSES.map((code): [Labels, number] => [{ route, code }, requests[code]])
      ),
    ),
    {
      name: "cred_proxy_request_duration_seconds",
      help: "Time from the request to the end of the reply.",
      samples: { type: "histogram", values: routes.map(([route, { duration }]) => [{ route }, duration]) },
    },
    {
      name: "cred_proxy_response_first_byte_seconds",
      help: "Time from the request to the head of the upstream's reply.",
      samples: { type: "histogram", values: routes.map(([route, { firstByte }]) => [{ route }, firstByte]) },
    },
    counter(
      "cred_proxy_request_content_bytes_total",
      "Content sent to upstreams.",
      each((meter) => meter.bytesUp),
    ),
    counter(
      "cred_proxy_response_content_bytes_total",
      "Content sent to clients.",
      each((meter) => meter.bytesDown),
    ),
    counter(
      "cred_proxy_replies_unfinished_total",
      "Replies that did not come to their end, by who ended them.",
      routes.flatMap(([route, meter]): [Labels, number][] => [
        [{ route, by: "upstream" }, meter.upstreamAborted],
        [{ route, by: "client" }, meter.clientAborted],
      ]),
    ),
    gauge("cred_proxy_requests_in_flight", "Requests that upstreams are at work on.", [[{}, state.inFlight]]),
    gauge("cred_proxy_draining", "1 once the service is stopping.", [[{}, state.draining ? 1 : 0]]),
    gauge(
      "cred_proxy_upstream_connections_open",
      "Connections to upstreams, idle or in use.",
      each((meter) => meter.connections.current),
    ),
    counter(
      "cred_proxy_upstream_connections_opened_total",
      "Connections to upstreams that have been opened.",
      each((meter) => meter.connections.opened),
    ),
    counter(
      "cred_proxy_upstream_connections_reused_total",
      "Requests that went out on a connection that had served before.",
      each((meter) => meter.connections.reused),
    ),
    counter(
      "cred_proxy_refusals_total",
      "Answers of the proxy's own, by code.",
      Object.entries(meters.refusals).map(([code, count]) => [{ code }, count]),
    ),
    counter(
      "cred_proxy_token_reloads_total",
      "Changed token files, by whether the token was taken.",
      reloads(meters.tokenReloads),
    ),
    counter(
      "cred_proxy_table_reloads_total",
      "Changed route tables, by whether the table was taken.",
      reloads(meters.tableReloads),
    ),
    gauge("process_start_time_seconds", "When the service started, in seconds since 1970.", [
      [{}, state.startTime / 1000],
    ]),
    gauge("process_resident_memory_bytes", "Resident memory.", [[{}, state.memory]]),
  ];
}

function reloads({ taken, refused }: Reloads): [Labels, number][] {
  return [[{ result: "taken" }, taken], [{ result: "refused" }, refused]];
}

function counter(name: string, help: string, values: readonly (readonly [Labels, number])[]): Family {
  return { name, help, samples: { type: "counter", values } };
}

function gauge(name: string, help: string, values: readonly (readonly [Labels, number])[]): Family {
  return { name, help, samples: { type: "gauge", values } };
}
