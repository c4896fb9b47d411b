import type { LogEntry } from "../log/request_log.ts";

/** How a request is told apart at a glance. */
export type Category = "answered" | "refused" | "failed";

/**
 * `failed`: the upstream failed, or broke its reply off, or answered with a 5xx. `refused`: the proxy itself said no.
 * Everything else is `answered`, a 4xx of the upstream's included: it is an answer.
 */
export function categoryOf(
  { status, error, outcome }: Pick<LogEntry, "status" | "error" | "outcome">,
): Category {
  if (error === "upstream_failed" || error === "upstream_timeout" || error === "internal") return "failed";
  if (error !== undefined) return "refused";
  return outcome === "upstream_aborted" || status >= 500 ? "failed" : "answered";
}
