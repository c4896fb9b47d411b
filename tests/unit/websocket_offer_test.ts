import { assertEquals, assertThrows } from "@std/assert";
import { Refusal } from "../../lib/http/refusal.ts";
import { asksForWebSocket, handshakeFor } from "../../lib/proxy/websocket/offer.ts";
import { routeOf } from "../support/route.ts";

const OFFER = {
  connection: "keep-alive, Upgrade",
  upgrade: "WebSocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};

/** Whether a request asks for a WebSocket, or the code of its refusal. */
function asked(fields: Record<string, string>, method = "GET", route = {}, client = {}): boolean | string {
  const [config, narrower] = [routeOf(route), routeOf(client)];
  try {
    return asksForWebSocket({ config, policies: [config, narrower] }, {
      method,
      headers: new Headers(fields),
    });
  } catch (error) {
    return (error as Refusal).code;
  }
}

Deno.test("asksForWebSocket() serves a whole offer, ignores one of HTTP/2, and refuses any other", () => {
  const { connection: _, ...unconnected } = OFFER;
  const refused = "upgrade_not_served";
  assertEquals(asked(OFFER), true);
  assertEquals(asked({}), false);
  assertEquals(asked({ ...OFFER, upgrade: "h2c" }), false);
  assertEquals(asked({ ...OFFER, upgrade: "spdy/3.1" }), refused);
  assertEquals(asked({ ...OFFER, upgrade: "websocket, h2c" }), refused);
  assertEquals(asked({ ...OFFER, connection: "keep-alive" }), refused);
  assertEquals(asked(unconnected), refused);
  assertEquals(asked({ ...OFFER, "sec-websocket-version": "8" }), refused);
  for (const method of ["POST", "HEAD"]) assertEquals(asked(OFFER, method), refused, method);
});

Deno.test("asksForWebSocket() refuses where the route, or the client's part of it, does not allow it", () => {
  assertEquals(asked(OFFER, "GET", { websocket: false }), "upgrade_not_served");
  assertEquals(asked(OFFER, "GET", { methods: ["GET", "POST"] }, { methods: ["GET"] }), true);
  assertEquals(asked(OFFER, "GET", { methods: ["POST"] }), "upgrade_not_served");
  assertEquals(asked(OFFER, "GET", {}, { methods: ["POST"] }), "upgrade_not_served");
});

Deno.test("handshakeFor() requires a key of 16 bytes", () => {
  const keys = [
    "",
    "x",
    "dGhlIHNhbXBsZSBub25jZR==",
    `x${OFFER["sec-websocket-key"]}`,
    `${OFFER["sec-websocket-key"]}x`,
    "dGhlIHNhbXBsZSBub25jZQ=",
    "dGhlIHNhbXBsZSBub25jZQ==\t=",
    "AA==",
  ];
  for (const key of keys) {
    const headers = { get: (name: string) => name === "sec-websocket-key" ? key : null };
    const refusal = assertThrows(() => handshakeFor({ method: "GET", headers }), Refusal, undefined, key);
    assertEquals([refusal.code, refusal.subject], [
      "bad_request",
      "its Sec-WebSocket-Key is not 16 bytes in base64",
    ]);
  }
  assertThrows(() => handshakeFor({ method: "GET", headers: new Headers() }), Refusal);
  handshakeFor({ method: "GET", headers: new Headers(OFFER) });
});
