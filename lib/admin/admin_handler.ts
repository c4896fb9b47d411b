import type { ServedHosts } from "../http/served_hosts.ts";
import { refuseForeign } from "./admin_gate.ts";
import { CONTENT_TYPE, formatExposition } from "../metrics/exposition.ts";
import type { Meters } from "../metrics/meters.ts";
import { metricFamilies, type ServiceState } from "../metrics/metric_families.ts";
import { type Filter, parseFilter } from "./filter.ts";
import { CONTENT_SECURITY_POLICY, renderPage } from "./page.ts";
import type { PageData } from "./page_data.ts";
import { STYLE } from "./style.ts";

/** The data that the operator's listener shows. */
export interface AdminViews {
  readonly meters: Meters;
  /** Returns the service's current state. */
  state(): ServiceState;
  /** Returns the content of the page. */
  page(filter: Filter): PageData;
}

/** Fields of every response: a browser must not store it, guess its type or show it in another page's frame. */
const COMMON_FIELDS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "content-security-policy": CONTENT_SECURITY_POLICY,
};

/** Responds to a request of the operator. Responses reveal no secret, and requests change nothing. */
export function handleAdmin(
  request: Pick<Request, "method" | "url" | "headers">,
  views: AdminViews,
  hosts: ServedHosts,
): Response {
  const refusal = refuseForeign(request.headers, hosts);
  if (refusal !== undefined) return plain(refusal.text, { status: refusal.status });
  if (request.method !== "GET" && request.method !== "HEAD") {
    return plain("Only GET and HEAD are supported\n", { status: 405, headers: { allow: "GET, HEAD" } });
  }
  switch (pathOf(request.url)) {
    case "/healthz":
      return plain("ok\n");
    case "/readyz":
      return readiness(views.state());
    case "/metrics":
      return respond(formatExposition(metricFamilies(views.meters, views.state())), CONTENT_TYPE);
    case "/":
      return respond(renderPage(views.page(parseFilter(queryOf(request.url)))), "text/html; charset=utf-8");
    case "/style.css":
      return respond(STYLE, "text/css; charset=utf-8");
    default:
      return plain("Not found; try /, /healthz, /readyz or /metrics\n", { status: 404 });
  }
}

/** Returns the response of `/readyz`. Its `cred-proxy-state` distinguishes it from another service's 200. */
function readiness({ draining, accepting }: ServiceState): Response {
  const state = draining ? "draining" : accepting ? "ready" : "full";
  return plain(`${state}\n`, {
    status: state === "ready" ? 200 : 503,
    headers: { "cred-proxy-state": state },
  });
}

/** Returns the path of the runtime's URL, which is `http://host` followed by the unparsed request target. */
function pathOf(url: string): string {
  return url.replace(/^[a-z]+:\/\/[^/?#]*/, "").replace(/[?#].*$/s, "");
}

/** Returns the query of the runtime's URL, without its `?`. */
function queryOf(url: string): string {
  return /\?([^#]*)/.exec(url)?.[1] ?? "";
}

interface ResponseOptions {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

function plain(body: string, options: ResponseOptions = {}): Response {
  return respond(body, "text/plain; charset=utf-8", options);
}

function respond(body: string, type: string, { status = 200, headers }: ResponseOptions = {}): Response {
  return new Response(body, { status, headers: { ...COMMON_FIELDS, "content-type": type, ...headers } });
}
