import type { LogEntry } from "../log/request_log.ts";

/** How a request ended, as the page colours it. */
export type Category = "answered" | "refused" | "failed";

/**
 * Returns `failed` where the upstream failed, aborted its response or sent a 5xx, and `refused` where the proxy itself
 * rejected the request. Everything else is `answered`, including a 4xx from the upstream.
 */
export function categoryOf(
  { status, error, outcome }: Pick<LogEntry, "status" | "error" | "outcome">,
): Category {
  if (error === "upstream_failed" || error === "upstream_timeout" || error === "internal") return "failed";
  if (error !== undefined) return "refused";
  return outcome === "upstream_aborted" || status >= 500 ? "failed" : "answered";
}
