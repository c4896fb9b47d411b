import { assertEquals, assertThrows } from "@std/assert";
import { Refusal, refusalMessage } from "../../lib/http/refusal.ts";
import { upstreamRefusal } from "../../lib/proxy/upstream_refusal.ts";
import { BufferBudget } from "../../lib/upstream/buffer_budget.ts";
import {
  ClientDisconnected,
  RequestBodyAborted,
  UpstreamTimeout,
  WrongContentLength,
} from "../../lib/upstream/errors.ts";

Deno.test("upstreamRefusal() lets a request that changes nothing be sent again where there was no memory for its response", () => {
  const overloaded = assertThrows(() => new BufferBudget(1).take(2), Refusal);
  const codeOf = (method: string, hasAnswered: boolean) =>
    upstreamRefusal(overloaded, { method, hasAnswered }).code;
  assertEquals([codeOf("GET", true), codeOf("GET", false), codeOf("POST", false)], [
    "overloaded",
    "overloaded",
    "overloaded",
  ]);
  // The upstream has acted, and would act again.
  assertEquals(codeOf("POST", true), "upstream_reply_refused");
  assertEquals(codeOf("DELETE", true), "upstream_reply_refused");
});

Deno.test("upstreamRefusal() says that there was no memory for a response, whatever the method", () => {
  const overloaded = assertThrows(() => new BufferBudget(1).take(2), Refusal);
  const messageOf = (method: string) =>
    refusalMessage(upstreamRefusal(overloaded, { method, hasAnswered: true }));
  const why = ": the memory for content (CRED_PROXY_BUFFER_MB) is used up";
  assertEquals(
    messageOf("GET"),
    `Too much content at once; retry later${why}`,
  );
  assertEquals(
    messageOf("POST"),
    `The upstream acted on the request, but its response can't be forwarded; the proxy's log says why${why}`,
  );
});

Deno.test("upstreamRefusal() says that the upstream has answered, whatever failed afterwards", () => {
  const error = new UpstreamTimeout("late");
  assertEquals(upstreamRefusal(error, { method: "GET", hasAnswered: false }).code, "upstream_timeout");
  assertEquals(upstreamRefusal(error, { method: "GET", hasAnswered: true }).code, "upstream_reply_refused");
  const reset = new Deno.errors.ConnectionReset("reset");
  assertEquals(upstreamRefusal(reset, { method: "GET", hasAnswered: false }).code, "upstream_failed");
  assertEquals(upstreamRefusal(reset, { method: "GET", hasAnswered: true }).code, "upstream_reply_refused");
});

Deno.test("upstreamRefusal() says what is wrong with a client's content, unless the upstream has answered", () => {
  const refusal = new Refusal("bad_request", "its chunks are too small");
  const cases = [new WrongContentLength("short"), new RequestBodyAborted("aborted", { cause: refusal })];
  for (const cause of cases) {
    const error = new ClientDisconnected("gone", { cause });
    assertEquals(upstreamRefusal(error, { method: "GET", hasAnswered: false }).code, "bad_request");
    assertEquals(upstreamRefusal(error, { method: "GET", hasAnswered: true }).code, "upstream_reply_refused");
  }
  for (const cause of [undefined, refusal, new RequestBodyAborted("aborted")]) {
    const error = new ClientDisconnected("gone", { cause });
    assertEquals(upstreamRefusal(error, { method: "GET", hasAnswered: false }).code, "upstream_failed");
  }
});
