import { assertEquals, assertThrows } from "@std/assert";
import type { RequestSpan } from "../../lib/proxy/request_span.ts";
import { assertStillWanted } from "../../lib/proxy/still_wanted.ts";
import type { UpstreamResponse } from "../../lib/upstream/transport.ts";

Deno.test("assertStillWanted() gives up the response of a request that was cut, and no other", () => {
  for (const cutReason of [undefined, "revoked"] as const) {
    const calls: string[] = [];
    const span = {
      cutReason,
      assertNotCut() {
        throw new Error("cut");
      },
    } as unknown as RequestSpan;
    const responses = [
      { kind: "response", body: { cancel: () => calls.push("body") } },
      { kind: "protocol_change", connection: { close: () => calls.push("connection") } },
    ] as unknown as UpstreamResponse[];
    for (const response of responses) {
      const check = () => assertStillWanted(response, span);
      if (cutReason === undefined) check();
      else assertThrows(check, Error, "cut");
    }
    assertEquals(calls, cutReason === undefined ? [] : ["body", "connection"]);
  }
});
