import { CONTENT_TYPE, formatExposition } from "../metrics/exposition.ts";
import type { Meters } from "../metrics/meters.ts";
import { metricFamilies, type ServiceState } from "../metrics/metric_families.ts";
import { CONTENT_SECURITY_POLICY, renderPage } from "./page.ts";
import type { PageData } from "./page_data.ts";
import { STYLE } from "./style.ts";

/** What the operator's listener shows. */
export interface AdminViews {
  readonly meters: Meters;
  state(): ServiceState;
  page(): PageData;
}

/** Sent with every response: a browser must not store it, guess its type or show it in another page's frame. */
const COMMON_FIELDS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "content-security-policy": CONTENT_SECURITY_POLICY,
};

/** Responds to the operator. Nothing here shows a secret or changes anything. */
export function handleAdmin(request: Pick<Request, "method" | "url">, views: AdminViews): Response {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return plain("Only GET and HEAD are supported\n", { status: 405, headers: { allow: "GET, HEAD" } });
  }
  switch (pathOf(request.url)) {
    case "/healthz":
      return plain("ok\n");
    case "/readyz":
      return readiness(views.state().draining);
    case "/metrics":
      return respond(formatExposition(metricFamilies(views.meters, views.state())), CONTENT_TYPE);
    case "/":
      return respond(renderPage(views.page()), "text/html; charset=utf-8");
    case "/style.css":
      return respond(STYLE, "text/css; charset=utf-8");
    default:
      return plain("Not found; try /, /healthz, /readyz or /metrics\n", { status: 404 });
  }
}

/** The header field keeps a health check from mistaking another service's 200 for this one. */
function readiness(draining: boolean): Response {
  const state = draining ? "draining" : "ready";
  return plain(`${state}\n`, { status: draining ? 503 : 200, headers: { "cred-proxy-state": state } });
}

/** Returns the path of the runtime's URL, which is the request target as sent, unparsed, after `http://host`. */
function pathOf(url: string): string {
  return url.replace(/^[a-z]+:\/\/[^/?#]*/, "").replace(/[?#].*$/s, "");
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
