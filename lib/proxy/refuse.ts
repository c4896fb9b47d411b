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
  const response = refusalResponse(refusal, method, entry.id);
  if (refusal.cause instanceof ClientDisconnected) {
    // Nobody is there to read the response.
    span.end("client_aborted");
    return response;
  }
  entry.error = refusal.code;
  entry.status = refusalStatus(refusal.code);
  if (refusal.cause !== undefined) {
    // None of our messages holds a secret; but not every message that gets here is ours.
    const text = errorText(refusal.cause);
    entry.cause = mask.current?.maskText(text) ?? text;
  }
  span.end("complete");
  return response;
}
