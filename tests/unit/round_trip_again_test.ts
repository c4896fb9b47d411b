import { assertEquals, assertRejects } from "@std/assert";
import { Refusal } from "../../lib/http/refusal.ts";
import { UpstreamTimeout } from "../../lib/upstream/errors.ts";
import type { RequestSpan } from "../../lib/proxy/request_span.ts";
import { roundTripAgain } from "../../lib/proxy/round_trip_again.ts";
import { upstreamRequest } from "../support/upstream_request.ts";

Deno.test("roundTripAgain() sends nothing for a request that was cut while its credential was awaited", async () => {
  let isCut = false;
  let sent = 0;
  const span = {
    assertNotCut() {
      if (isCut) throw new Error("cut");
    },
  } as RequestSpan;
  const route = {
    credential: { apply: () => Promise.resolve().then(() => void (isCut = true)) },
    transport: { roundTrip: () => (sent++, Promise.reject(new Error("sent"))), close() {} },
  };
  await assertRejects(() => roundTripAgain(upstreamRequest({}), route, span), Error, "cut");
  assertEquals(sent, 0);
});

Deno.test("roundTripAgain() says why there is no response, as if it were the first request", async () => {
  const span = { assertNotCut() {} } as RequestSpan;
  const route = {
    credential: { apply: () => Promise.resolve() },
    transport: { roundTrip: () => Promise.reject(new UpstreamTimeout("late")), close() {} },
  };
  const refusal = await assertRejects(() => roundTripAgain(upstreamRequest({}), route, span), Refusal);
  assertEquals(refusal.code, "upstream_timeout");
});
