import { errorText } from "../core/error_text.ts";
import { Refusal, refusalResponse, refusalStatus } from "../http/refusal.ts";
import type { CurrentMask } from "../mask/table_mask.ts";
import { ClientDisconnected } from "../upstream/errors.ts";
import type { RequestSpan } from "./request_span.ts";

/** The request that is refused. */
export interface RefusedRequest {
  readonly method: string;
  readonly span: RequestSpan;
  readonly mask: CurrentMask;
}

/**
 * Ends a request that gets no response of an upstream. Whatever is not a refusal is a failure of ours; causes go to
 * the log alone.
 */
export function refuse(error: unknown, { method, span, mask }: RefusedRequest): Response {
  const refusal = error instanceof Refusal ? error : new Refusal("internal", "", { cause: error });
  const { entry } = span;
  // Nobody is there to read the response.
  const isClientGone = refusal.cause instanceof ClientDisconnected;
  try {
    if (!isClientGone) {
      entry.error = refusal.code;
      entry.status = refusalStatus(refusal.code);
      entry.cause = causeText(refusal.cause, mask);
    }
    return refusalResponse(refusal, method, entry.id);
  } finally {
    // Whatever happens above: a place in flight that is not given back is lost.
    span.end(isClientGone ? "client_aborted" : "complete");
  }
}

/** None of our messages holds a secret; but not every message that gets here is ours. */
function causeText(cause: unknown, mask: CurrentMask): string | undefined {
  if (cause === undefined) return undefined;
  const text = errorText(cause);
  return mask.current?.maskText(text) ?? text;
}
