import type { RefusalCode } from "../http/refusal.ts";
import type { LogEntry } from "../log/request_log.ts";

/** The result of a request, as shown on the operator's page. */
export type Category = "served" | "refused" | "failed";

const FAILURES: ReadonlySet<RefusalCode> = new Set([
  "upstream_failed",
  "upstream_tls_failed",
  "upstream_reply_refused",
  "upstream_timeout",
  "internal",
]);

/**
 * Returns `failed` if the upstream failed, aborted its response or sent a 5xx, and `refused` if the proxy itself rejected
 * the request, or ended it because its client was revoked or the memory used up. Everything else is `served`, including a 4xx from the upstream.
 */
export function categoryOf(
  { status, error, outcome }: Pick<LogEntry, "status" | "error" | "outcome">,
): Category {
  if (error !== undefined) return FAILURES.has(error) ? "failed" : "refused";
  if (outcome === "revoked" || outcome === "overloaded") return "refused";
  return outcome === "upstream_aborted" || status >= 500 ? "failed" : "served";
}
