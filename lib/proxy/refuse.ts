import { errorText } from "../core/error_text.ts";
import { Refusal, refusalResponse, refusalStatus } from "../http/refusal.ts";
import type { CurrentMask } from "../mask/table_mask.ts";
import { ClientDisconnected } from "../upstream/errors.ts";
import type { RequestSpan } from "./request_span.ts";

/** A request that is refused. */
export interface RefusedRequest {
  readonly method: string;
  readonly span: RequestSpan;
  readonly mask: CurrentMask;
}

/**
 * Ends a request without a response from an upstream, and returns the proxy's own. Any error but a refusal is an internal
 * failure. Causes only go to the log.
 */
export function refuse(error: unknown, { method, span, mask }: RefusedRequest): Response {
  const refusal = cutRefusal(span) ??
    (error instanceof Refusal ? error : new Refusal("internal", "", { cause: error }));
  const { entry } = span;
  // Nobody will read the response.
  const isClientGone = refusal.cause instanceof ClientDisconnected;
  try {
    if (!isClientGone) {
      entry.error = refusal.code;
      entry.status = refusalStatus(refusal.code);
      entry.cause = causeText(refusal.cause, mask);
    }
    return refusalResponse(refusal, method, entry.id);
  } finally {
    // Even if the above throws: otherwise the request would count as in flight forever.
    span.end(isClientGone ? "client_aborted" : "complete");
  }
}

/** Returns the refusal for a request that the proxy has ended. */
function cutRefusal({ cutReason }: RequestSpan): Refusal | undefined {
  if (cutReason === undefined) return undefined;
  if (cutReason === "overloaded") {
    return new Refusal("overloaded", "", { cause: new Error("The memory was used up") });
  }
  return new Refusal("client_token_required", "", { cause: new Error("The client was revoked meanwhile") });
}

/** Formats a cause for the log, masked: our own messages contain no secrets, but not every message is ours. */
function causeText(cause: unknown, mask: CurrentMask): string | undefined {
  if (cause === undefined) return undefined;
  const text = errorText(cause);
  return mask.current?.maskText(text) ?? text;
}
