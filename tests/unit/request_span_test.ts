import { assertEquals, assertThrows } from "@std/assert";
import { RequestLimiter } from "../../lib/clients/request_limiter.ts";
import { UnorderedSet } from "../../lib/core/unordered_set.ts";
import { RequestLog } from "../../lib/log/request_log.ts";
import type { Client } from "../../lib/proxy/client.ts";
import { InFlightLimiter } from "../../lib/proxy/in_flight_limiter.ts";
import { RequestCut, RequestSpan } from "../../lib/proxy/request_span.ts";
import type { Route } from "../../lib/proxy/route.ts";
import { entryOf } from "../support/log_entry.ts";

function spanOf(method = "GET", outcomes: string[] = []): RequestSpan {
  return new RequestSpan(entryOf({ method, began: 7 }), {
    log: new RequestLog([({ outcome }) => outcomes.push(outcome)]),
    limiter: new InFlightLimiter(1),
    spans: new UnorderedSet(),
  });
}

Deno.test("a span holds nothing of a WebSocket until the request has become one, then what that holds", () => {
  const span = spanOf();
  const seen = () => [span.began, span.isWebSocket, span.lastMessage, span.unsent, span.received];
  assertEquals(seen(), [7, false, -Infinity, 0, 0]);
  let killed = 0;
  span.upgraded({ lastMessage: 1, unsent: 2, received: 3, kill: () => void killed++ });
  assertEquals(seen(), [7, true, 1, 2, 3]);
  span.kill();
  assertEquals([killed, span.cutReason], [1, undefined]);
});

Deno.test("a span whose request is killed for its memory is cut, whatever has been set to end it, now or later", () => {
  const span = spanOf();
  span.assertNotCut();
  const cuts: string[] = [];
  span.onCut(() => cuts.push("before"));
  span.onCut(() => cuts.push("instead"));
  span.kill();
  assertEquals([cuts, span.cutReason], [["instead"], "overloaded"]);
  assertThrows(() => span.assertNotCut(), RequestCut);
  span.onCut(() => cuts.push("later"));
  assertEquals(cuts, ["instead", "later"]);
});

Deno.test("a span ends once, with what ended it first, unless the proxy cut it", () => {
  const outcomes: string[] = [];
  const span = spanOf("GET", outcomes);
  span.end("upstream_aborted");
  span.end("complete");
  assertEquals(outcomes, ["upstream_aborted"]);
  const cut = spanOf("GET", outcomes);
  cut.cut("revoked");
  cut.end("complete");
  cut.end("client_aborted");
  assertEquals(outcomes, ["upstream_aborted", "revoked"]);
});

Deno.test("a span takes a place of its service, its route and its client, and gives each back once", () => {
  const limits = { requestsPerMinute: undefined, maxInFlight: undefined };
  const [route, client] = [new RequestLimiter("route", limits), new RequestLimiter("client", limits)];
  const limiter = new InFlightLimiter(1);
  const spans = new UnorderedSet<RequestSpan>();
  const span = new RequestSpan(entryOf(), { log: new RequestLog([]), limiter, spans });
  const seen = () => [limiter.inFlight, route.inFlight, client.inFlight, [...spans].length];
  span.acquire(route, client);
  assertEquals(seen(), [1, 1, 1, 1]);
  span.end("complete");
  span.end("complete");
  assertEquals(seen(), [0, 0, 0, 0]);
});

Deno.test("a span that has ended is not cut, since another request may use its connection", () => {
  const span = spanOf();
  let cuts = 0;
  span.onCut(() => void cuts++);
  span.end("complete");
  span.cut("revoked");
  assertEquals([cuts, span.cutReason], [0, undefined]);
});

Deno.test("only a request with HEAD needs its connection closed from without", () => {
  assertEquals(["GET", "HEAD", "POST"].map((method) => spanOf(method).needsClosing), [false, true, false]);
});

Deno.test("a span says in the log who sent the request, if that is known", () => {
  const seen = ({ entry }: RequestSpan) => [entry.clientName, entry.subject, entry.pod];
  const span = spanOf();
  span.identified(undefined);
  assertEquals([span.identity, ...seen(span)], [undefined, undefined, undefined, undefined]);
  const client = { config: { name: "one" } } as unknown as Client;
  const identity = { client, tokenHash: undefined, subject: "a subject", pod: "pod-1" };
  span.identified(identity);
  assertEquals([span.identity, ...seen(span)], [identity, "one", "a subject", "pod-1"]);
});

Deno.test("a token's health is that of the upstream's responses, and not of refusals", () => {
  const recorded: number[] = [];
  const tokenHealth = { record: (status: number) => recorded.push(status) };
  const route = { token: { label: "A_TOKEN#0" }, tokenHealth } as unknown as Route;
  for (
    const [status, error] of [[200, undefined], [401, undefined], [502, "upstream_failed"], [
      0,
      undefined,
    ]] as const
  ) {
    const span = spanOf();
    span.sending(route);
    Object.assign(span.entry, { status, error });
    span.end("complete");
    assertEquals(span.entry.token, "A_TOKEN#0");
  }
  assertEquals(recorded, [200, 401]);
});
