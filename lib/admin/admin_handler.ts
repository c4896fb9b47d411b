import { CONTENT_TYPE, formatExposition } from "../metrics/exposition.ts";
import { metricFamilies, type ServiceState } from "../metrics/metric_families.ts";
import type { Meters } from "../metrics/meters.ts";
import { CONTENT_SECURITY_POLICY, renderPage } from "./page.ts";
import type { PageData } from "./page_data.ts";
import { STYLE } from "./style.ts";

/** What the operator is shown. */
export interface AdminViews {
  readonly meters: Meters;
  state(): ServiceState;
  page(): PageData;
}

/** What every answer says: a browser is to keep nothing, guess nothing, and let no other page frame this one. */
const ALWAYS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "content-security-policy": CONTENT_SECURITY_POLICY,
};

const PLAIN = "text/plain; charset=utf-8";

/** Answers the operator: how the service is, and what it has done. Nothing here shows a secret or changes a thing. */
export function handleAdmin(request: Pick<Request, "method" | "url">, views: AdminViews): Response {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return text(405, PLAIN, "Only GET and HEAD are served here\n", { allow: "GET, HEAD" });
  }
  switch (pathOf(request.url)) {
    case "/healthz":
      return text(200, PLAIN, "ok\n");
    case "/readyz":
      return readiness(views.state().draining);
    case "/metrics":
      return text(200, CONTENT_TYPE, formatExposition(metricFamilies(views.meters, views.state())));
    case "/":
      return text(200, "text/html; charset=utf-8", renderPage(views.page()));
    case "/style.css":
      return text(200, "text/css; charset=utf-8", STYLE);
    default:
      return text(404, PLAIN, "Here are /, /healthz, /readyz and /metrics\n");
  }
}

/** The field is for whoever asks by machine and must not take another service's 200 for ours. */
function readiness(draining: boolean): Response {
  const state = draining ? "draining" : "ready";
  return text(draining ? 503 : 200, PLAIN, `${state}\n`, { "cred-proxy-state": state });
}

/** The path of a URL as the runtime tells it: the target that was asked for behind `http://host`, not parsed. */
function pathOf(url: string): string {
  return url.replace(/^[a-z]+:\/\/[^/?#]*/, "").replace(/[?#].*$/s, "");
}

function text(status: number, type: string, body: string, fields: Record<string, string> = {}): Response {
  return new Response(body, { status, headers: { ...ALWAYS, "content-type": type, ...fields } });
}
