import { Refusal, type RefusalCode } from "../http/refusal.ts";
import {
  BadResponse,
  ClientDisconnected,
  isPermanent,
  isTlsFailure,
  RequestBodyAborted,
  UpstreamTimeout,
  WrongContentLength,
} from "../upstream/errors.ts";

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
  const fault = hasAnswered ? undefined : contentFault(error);
  if (fault !== undefined) return fault;
  const advice = error instanceof Refusal ? error.advice : "";
  return new Refusal(codeOf(error, hasAnswered), "", { cause: error, final: isPermanent(error), advice });
}

/** Returns the refusal for content of the client's that could not be decoded, as it was sent on. */
function contentFault(error: unknown): Refusal | undefined {
  const failure = error instanceof ClientDisconnected ? error.cause : undefined;
  if (failure instanceof WrongContentLength) {
    return new Refusal("bad_request", "its content does not have the length that it states", {
      cause: failure,
    });
  }
  return failure instanceof RequestBodyAborted && failure.cause instanceof Refusal
    ? failure.cause
    : undefined;
}

function codeOf(error: unknown, hasAnswered: boolean): RefusalCode {
  if (hasAnswered || error instanceof BadResponse) return "upstream_reply_refused";
  if (error instanceof UpstreamTimeout) return "upstream_timeout";
  return isTlsFailure(error) ? "upstream_tls_failed" : "upstream_failed";
}
