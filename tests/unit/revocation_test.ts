/**
 * Which requests in flight are ended when the table changes.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { UnorderedSet } from "../../lib/core/unordered_set.ts";
import { RequestLog } from "../../lib/log/request_log.ts";
import type { Client, ClientIdentity } from "../../lib/proxy/client.ts";
import { InFlightLimiter } from "../../lib/proxy/in_flight_limiter.ts";
import { RequestSpan } from "../../lib/proxy/request_span.ts";
import { endRevoked } from "../../lib/proxy/revocation.ts";
import { entryOf } from "../support/log_entry.ts";

const NOW = 1_000_000;

interface ClientFields {
  readonly variable?: string;
  readonly expires?: number;
  readonly routes?: readonly string[];
}

function clientOf(name: string, { variable = "A", expires, routes }: ClientFields = {}): Client {
  return {
    config: { name, expires, proof: { kind: "env", variable } },
    routes: routes && new Map(routes.map((each) => [each, {}])),
  } as unknown as Client;
}

/** A request in flight; of a client that is not known, if there is no name. */
function spanOf(name: string | undefined): RequestSpan {
  const span = new RequestSpan(entryOf({ route: "/a/" }), {
    log: new RequestLog([]),
    limiter: new InFlightLimiter(1),
    spans: new UnorderedSet(),
  });
  const identity: ClientIdentity = name === undefined
    ? undefined
    : { client: clientOf(name), tokenHash: undefined, subject: undefined, pod: undefined };
  span.identified(identity);
  return span;
}

/** Ends what a table does not serve. @returns How many requests by client, and whether each was ended. */
function ended(
  spans: readonly RequestSpan[],
  clients: readonly Client[],
): [Record<string, number>, boolean[]] {
  const byName = new Map(clients.map((client) => [client.config.name, client]));
  const counts = endRevoked({ spans, router: { client: (name) => byName.get(name) } }, NOW);
  return [Object.fromEntries(counts), spans.map(({ cutReason }) => cutReason === "revoked")];
}

Deno.test("endRevoked() ends the requests of a client that is gone, counts them, and does not end them again", () => {
  const spans = [spanOf("gone"), spanOf("stays"), spanOf("gone"), spanOf(undefined)];
  const clients = [clientOf("stays")];
  assertEquals(ended(spans, clients), [{ gone: 2 }, [true, false, true, false]]);
  assertEquals(ended(spans, clients), [{}, [true, false, true, false]]);
});

Deno.test("endRevoked() ends requests of clients that have expired, prove themselves otherwise now, or lost the route", () => {
  const cases: [client: Client, isEnded: boolean][] = [
    [clientOf("one", { expires: NOW }), true],
    [clientOf("one", { expires: NOW + 1 }), false],
    [clientOf("one", { variable: "B" }), true],
    [clientOf("one", { routes: ["/b/"] }), true],
    [clientOf("one", { routes: ["/b/", "/a/"] }), false],
  ];
  for (const [client, isEnded] of cases) {
    assertEquals(ended([spanOf("one")], [client]), [isEnded ? { one: 1 } : {}, [isEnded]]);
  }
  // It may still be given one that the client may use.
  const early = spanOf("one");
  early.entry.route = undefined;
  assertEquals(ended([early], [clientOf("one", { routes: ["/b/"] })]), [{}, [false]]);
});
