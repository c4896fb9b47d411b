import { Refusal, type RefusalCode } from "../http/refusal.ts";
import { BadResponse, isPermanent, isTlsFailure, UpstreamTimeout } from "../upstream/errors.ts";

/**
 * Returns the refusal for a failure on the upstream's side.
 *
 * @param hasAnswered Whether the head of a response has been read: then the upstream has acted on the request.
 */
export function upstreamRefusal(error: unknown, hasAnswered: boolean): Refusal {
  if (error instanceof Refusal) return error;
  return new Refusal(codeOf(error, hasAnswered), "", { cause: error, final: isPermanent(error) });
}

function codeOf(error: unknown, hasAnswered: boolean): RefusalCode {
  if (hasAnswered || error instanceof BadResponse) return "upstream_reply_refused";
  if (error instanceof UpstreamTimeout) return "upstream_timeout";
  return isTlsFailure(error) ? "upstream_tls_failed" : "upstream_failed";
}
