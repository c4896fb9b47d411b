import { assertEquals } from "@std/assert";
import { UnorderedSet } from "../../lib/core/unordered_set.ts";
import { Secret } from "../../lib/core/secret.ts";
import { Refusal } from "../../lib/http/refusal.ts";
import { RequestLog } from "../../lib/log/request_log.ts";
import { Mask } from "../../lib/mask/mask.ts";
import { InFlightLimiter } from "../../lib/proxy/in_flight_limiter.ts";
import { refuse } from "../../lib/proxy/refuse.ts";
import { RequestSpan } from "../../lib/proxy/request_span.ts";
import { ClientDisconnected } from "../../lib/upstream/errors.ts";
import { entryOf } from "../support/log_entry.ts";

const TOKEN = "sk-0123456789abcdef";

/** Refuses a request that ended with an error. @returns Its response's status, and what the log says. */
function refused(error: unknown, cut?: "revoked" | "overloaded") {
  const outcomes: string[] = [];
  const span = new RequestSpan(entryOf({ status: 0 }), {
    log: new RequestLog([({ outcome }) => outcomes.push(outcome)]),
    limiter: new InFlightLimiter(10),
    spans: new UnorderedSet(),
  });
  if (cut !== undefined) span.cut(cut);
  const mask = { current: Mask.of([{ text: Secret.of(TOKEN) }]) };
  const response = refuse(error, { method: "GET", span, mask });
  const { status, error: code, cause } = span.entry;
  return { response: response.status, log: [status, code, cause], outcomes };
}

Deno.test("a refusal is sent as it is, and its cause is logged without the secret", () => {
  const cause = new Error(`no ${TOKEN} here`);
  assertEquals(refused(new Refusal("upstream_failed", "", { cause })), {
    response: 502,
    log: [502, "upstream_failed", `Error: no ${"*".repeat(TOKEN.length)} here`],
    outcomes: ["complete"],
  });
  assertEquals(refused(new Refusal("no_route", "/x")).log, [404, "no_route", undefined]);
});

Deno.test("any other error is a failure of the proxy's own", () => {
  assertEquals(refused(new TypeError("why")).log, [500, "internal", "TypeError: why"]);
});

Deno.test("a client that has left gets no status in the log", () => {
  const cause = new ClientDisconnected("The client disconnected");
  const { log, outcomes } = refused(new Refusal("upstream_failed", "", { cause }));
  assertEquals([log, outcomes], [[0, undefined, undefined], ["client_aborted"]]);
});

Deno.test("a request that the proxy has cut is refused for that reason, whatever failed because of it", () => {
  assertEquals(refused(new Error("cut"), "overloaded"), {
    response: 503,
    log: [503, "overloaded", "Error: The memory was used up"],
    outcomes: ["overloaded"],
  });
  assertEquals(refused(new Error("cut"), "revoked"), {
    response: 401,
    log: [401, "client_token_required", "Error: The client was revoked meanwhile"],
    outcomes: ["revoked"],
  });
});
