import { assertEquals } from "@std/assert";
import { requestFieldRules } from "../../lib/proxy/build_request.ts";
import { webSocketFields } from "../../lib/proxy/websocket/handshake_fields.ts";
import { routeOf } from "../support/route.ts";

type Fields = [name: string, value: string][];

/** Returns the fields of the handshake with the upstream for those of a client, without those that all requests get. */
function fieldsFor(given: Fields, { browsers = false, protocols = [] as string[] } = {}): Fields {
  const rules = requestFieldRules(routeOf({ scrub: false }));
  const handshake = { key: "the-service's-own-key", protocols };
  const fields = webSocketFields(rules, { headers: new Headers(given), handshake, browsers }) as Fields;
  assertEquals(fields[0], ["host", "api.test"]);
  return fields.slice(1);
}

const OWN: Fields = [
  ["connection", "Upgrade"],
  ["upgrade", "websocket"],
  ["sec-websocket-version", "13"],
  ["sec-websocket-key", "the-service's-own-key"],
];

Deno.test("webSocketFields() forwards nothing of the client's handshake, and begins one of the service's own", () => {
  const handshake: Fields = [
    ["connection", "keep-alive, Upgrade"],
    ["upgrade", "websocket"],
    ["sec-websocket-version", "13"],
    ["sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="],
    ["sec-websocket-extensions", "permessage-deflate"],
    ["sec-websocket-protocol", "realtime, openai-insecure-api-key.sk-x"],
  ];
  assertEquals(fieldsFor(handshake), OWN);
  assertEquals(fieldsFor(handshake, { protocols: ["realtime", "v1"] }), [
    ...OWN,
    ["sec-websocket-protocol", "realtime, v1"],
  ]);
});

Deno.test("webSocketFields() forwards the client's other fields by the rules of every request", () => {
  const fields: Fields = [
    ["authorization", "Bearer mine"],
    ["connection", "Upgrade, x-hop"],
    ["cookie", "a=b"],
    ["user-agent", "test"],
    ["x-a", "1"],
    ["x-hop", "2"],
  ];
  for (const browsers of [false, true]) {
    assertEquals(fieldsFor(fields, { browsers }), [["user-agent", "test"], ["x-a", "1"], ...OWN]);
  }
});

Deno.test("webSocketFields() forwards Origin only where the client may be a web page", () => {
  const fields: Fields = [["origin", "https://page.test"], ["sec-websocket-origin", "https://page.test"]];
  assertEquals(fieldsFor(fields), OWN);
  assertEquals(fieldsFor(fields, { browsers: true }), [["origin", "https://page.test"], ...OWN]);
});
