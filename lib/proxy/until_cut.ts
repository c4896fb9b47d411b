import type { UpstreamResponse } from "../upstream/transport.ts";
import { RequestCut, type RequestSpan } from "./request_span.ts";

/**
 * Waits for an upstream's response, unless the request is cut meanwhile; a response that comes later is given up.
 *
 * @throws {RequestCut} If the request is cut.
 */
export function untilCut(span: RequestSpan, response: Promise<UpstreamResponse>): Promise<UpstreamResponse> {
  return new Promise((resolve, reject) => {
    span.onCut(() => reject(new RequestCut()));
    response.then((come) => {
      if (span.cutReason === undefined) return resolve(come);
      if (come.kind === "protocol_change") come.connection.close();
      else come.body.cancel();
    }, reject);
  });
}
