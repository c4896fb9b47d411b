import { Refusal, type RefusalCode } from "../http/refusal.ts";
import { BadResponse, isPermanent, isTlsFailure, UpstreamTimeout } from "../upstream/errors.ts";

/**
 * Returns the refusal for a failure on the upstream's side.
 *
 * @param hasAnswered Whether the head of a response has been read: then the upstream has acted on the request.
 */
export function upstreamRefusal(
  error: unknown,
  { method, hasAnswered }: { method: string; hasAnswered: boolean },
): Refusal {
  // The proxy's own reasons, after which a request may be sent again that changes nothing: RFC 9110, section 9.2.1.
  if (error instanceof Refusal && (!hasAnswered || method === "GET")) return error;
  return new Refusal(codeOf(error, hasAnswered), "", { cause: error, final: isPermanent(error) });
}

function codeOf(error: unknown, hasAnswered: boolean): RefusalCode {
  if (hasAnswered || error instanceof BadResponse) return "upstream_reply_refused";
  if (error instanceof UpstreamTimeout) return "upstream_timeout";
  return isTlsFailure(error) ? "upstream_tls_failed" : "upstream_failed";
}
