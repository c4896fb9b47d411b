import { assertEquals, assertThrows } from "@std/assert";
import { Refusal } from "../../lib/http/refusal.ts";
import { requestFraming } from "../../lib/proxy/request_framing.ts";

Deno.test("requestFraming() reads a length, of 0 too, and takes content without one as chunked", () => {
  for (const method of ["GET", "POST"]) {
    assertEquals(requestFraming(method, new Headers({ "content-length": "0" })), {
      kind: "length",
      length: 0,
    });
  }
  assertEquals(requestFraming("POST", new Headers({ "content-length": "12" })), {
    kind: "length",
    length: 12,
  });
  assertEquals(requestFraming("POST", new Headers({ "transfer-encoding": "chunked" })), { kind: "chunked" });
});

Deno.test("requestFraming() refuses content that the runtime drops", () => {
  for (const method of ["GET", "HEAD"]) {
    for (const fields of [{ "content-length": "1" }, { "transfer-encoding": "chunked" }]) {
      assertThrows(() => requestFraming(method, new Headers(fields as Record<string, string>)), Refusal);
    }
  }
});
