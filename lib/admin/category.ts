import type { LogEntry } from "../log/request_log.ts";

/** The result of a request, as shown on the operator's page. */
export type Category = "served" | "refused" | "failed";

/**
 * Returns `failed` if the upstream failed, aborted its response or sent a 5xx, and `refused` if the proxy itself rejected
 * the request. Everything else is `served`, including a 4xx from the upstream.
 */
export function categoryOf(
  { status, error, outcome }: Pick<LogEntry, "status" | "error" | "outcome">,
): Category {
  if (error === "upstream_failed" || error === "upstream_timeout" || error === "internal") return "failed";
  if (error !== undefined) return "refused";
  return outcome === "upstream_aborted" || status >= 500 ? "failed" : "served";
}
