import type { UpstreamResponse } from "../upstream/transport.ts";
import type { RequestSpan } from "./request_span.ts";

/**
 * Checks that a request has not been cut while its response came. If it has, the response is given up.
 *
 * @throws {RequestCut} If it has.
 */
export function assertStillWanted(response: UpstreamResponse, span: RequestSpan): void {
  if (span.cutReason === undefined) return;
  if (response.kind === "protocol_change") response.connection.close();
  else response.body.cancel();
  span.assertNotCut();
}
