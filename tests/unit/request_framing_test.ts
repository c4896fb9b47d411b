import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Refusal } from "../../lib/http/refusal.ts";
import { framedContent, requestFraming } from "../../lib/proxy/request_framing.ts";

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
  for (const coding of ["chunked", "Chunked"]) {
    assertEquals(requestFraming("POST", new Headers({ "transfer-encoding": coding })), { kind: "chunked" });
  }
});

Deno.test("requestFraming() refuses content that the runtime drops", () => {
  for (const method of ["GET", "HEAD"]) {
    for (const fields of [{ "content-length": "1" }, { "transfer-encoding": "chunked" }]) {
      assertThrows(() => requestFraming(method, new Headers(fields as Record<string, string>)), Refusal);
    }
  }
});

Deno.test("requestFraming() says why it refuses a framing", () => {
  const cases: [fields: Record<string, string>, why: string][] = [
    [{ "transfer-encoding": "gzip" }, "the length of its content is ambiguous"],
    [{ "transfer-encoding": "chunked", "content-length": "1" }, "the length of its content is ambiguous"],
    [{ "content-length": "1, 1" }, "its Content-Length is not one number"],
    [{ "content-length": "1234567890123456" }, "its Content-Length is not one number"],
  ];
  for (const [fields, why] of cases) {
    assertEquals(assertThrows(() => requestFraming("POST", new Headers(fields)), Refusal).subject, why);
  }
});

const NOT_DRAINING = new Promise<void>(() => {});

Deno.test("framedContent() forwards content that nothing announced in chunks, from its first byte", async () => {
  const pieces = ["", "x", "", "yz"].map((piece) => new TextEncoder().encode(piece));
  const { framing, body } = await framedContent(ReadableStream.from(pieces), { kind: "none" }, NOT_DRAINING);
  assertEquals([framing, await new Response(body).text()], [{ kind: "chunked" }, "xyz"]);
});

Deno.test("framedContent() forwards no content where none comes", async () => {
  const none = { framing: { kind: "none" }, body: null };
  for (const body of [null, ReadableStream.from([]), ReadableStream.from([new Uint8Array()])]) {
    assertEquals(await framedContent(body, { kind: "none" }, NOT_DRAINING), none);
  }
});

Deno.test("framedContent() waits for content that nothing announced until the service shuts down, and gives it up", async () => {
  const cancelled = Promise.withResolvers<void>();
  const body = new ReadableStream<Uint8Array>({ cancel: () => cancelled.resolve() });
  const drainBegun = Promise.withResolvers<void>();
  const content = Promise.resolve(framedContent(body, { kind: "none" }, drainBegun.promise));
  drainBegun.resolve();
  assertEquals((await assertRejects(() => content, Refusal)).code, "draining");
  await cancelled.promise;
});
