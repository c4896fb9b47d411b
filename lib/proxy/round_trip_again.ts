import type { UpstreamRequest, UpstreamResponse } from "../upstream/transport.ts";
import type { RequestSpan } from "./request_span.ts";
import type { Route } from "./route.ts";
import { assertStillWanted } from "./still_wanted.ts";
import { upstreamRefusal } from "./upstream_refusal.ts";

/**
 * Sends another request for a client that has got no response yet.
 *
 * @param request Without its credential and without content.
 * @throws {Refusal} If there is no response.
 */
export async function roundTripAgain(
  request: UpstreamRequest,
  { credential, transport }: Pick<Route, "credential" | "transport">,
  span: RequestSpan,
): Promise<UpstreamResponse> {
  await credential.apply(request);
  span.assertNotCut();
  try {
    const response = await transport.roundTrip(request);
    assertStillWanted(response, span);
    return response;
  } catch (error) {
    throw upstreamRefusal(error, { method: request.method, hasAnswered: false });
  }
}
