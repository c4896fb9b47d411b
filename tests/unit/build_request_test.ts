import { assert, assertEquals } from "@std/assert";
import type { RequestFraming } from "../../lib/http/framing.ts";
import {
  connectionOptions,
  fieldsDroppedByAll,
  requestFieldRules,
  requestFields,
} from "../../lib/proxy/build_request.ts";
import { serializeRequestHead } from "../../lib/upstream/request_head.ts";
import { Secret } from "../../lib/core/secret.ts";
import { routeOf } from "../support/route.ts";

type Fields = [name: string, value: string][];

/** Returns the head's lines for a client's fields, without the empty line, on a route that does not mask. */
function linesFor(
  given: Fields,
  { route = {}, framing = { kind: "none" } }: { route?: object; framing?: RequestFraming } = {},
): string[] {
  const config = routeOf({ scrub: false, ...route });
  const rules = requestFieldRules(config);
  const fields = requestFields(rules, { headers: new Headers(given), framing });
  // As the route's credential does.
  fields.push([config.authHeader, Secret.of("Bearer real")]);
  const head = serializeRequestHead({ method: "GET", target: "/x?y", fields });
  assert(head.endsWith("\r\n\r\n"), head);
  return head.slice(0, -4).split("\r\n");
}

const BARE = ["GET /x?y HTTP/1.1", "host: api.test", "Authorization: Bearer real"];

Deno.test("requestFields() adds Host and the credential, and nothing else", () => {
  assertEquals(linesFor([]), BARE);
});

Deno.test("requestFields() copies the client's fields with their values untouched", () => {
  const fields: Fields = [
    ["accept", "*/*"],
    ["accept-encoding", "gzip;q=0.5,  br"],
    ["x-a", "1, 2"],
    ["x-a", "3"],
    ["x-b", ""],
    ["x-byte", "\xe9\x80"],
  ];
  assertEquals(linesFor(fields), [
    "GET /x?y HTTP/1.1",
    "host: api.test",
    "accept: */*",
    "accept-encoding: gzip;q=0.5,  br",
    "x-a: 1, 2, 3",
    "x-b: ",
    "x-byte: \xe9\x80",
    "Authorization: Bearer real",
  ]);
});

Deno.test("requestFields() requests content without a coding where it is to be masked", () => {
  for (
    const route of [{}, { add_headers: { "Accept-Encoding": "br" } }, {
      set_headers: { "accept-encoding": "br" },
    }]
  ) {
    assertEquals(linesFor([["accept-encoding", "gzip"]], { route: { scrub: true, ...route } }), [
      "GET /x?y HTTP/1.1",
      "host: api.test",
      "accept-encoding: identity",
      "Authorization: Bearer real",
    ]);
  }
});

Deno.test("requestFields() drops what asks for a form that can't be masked, where the content is to be masked", () => {
  const given: Fields = [["a-im", "vcdiff"], ["accept-charset", "utf-16"], ["accept-language", "en"]];
  const linesOf = (fields: Fields) => fields.map((field) => field.join(": "));
  assertEquals(linesFor(given).slice(2, -1), linesOf(given));
  assertEquals(linesFor(given, { route: { scrub: true } }).slice(3, -1), ["accept-language: en"]);
});

Deno.test("requestFields() drops what a proxy would say of the client only where the route limits methods or paths", () => {
  const given: Fields = [["forwarded", "for=a"], ["x-a", "1"], ["x-forwarded-for", "a"], ["x-real-ip", "a"]];
  assertEquals(linesFor(given).slice(2, -1), given.map((field) => field.join(": ")));
  for (const route of [{ methods: ["GET"] }, { paths: ["x"] }, { methods: ["GET"], paths: ["x"] }]) {
    assertEquals(linesFor(given, { route }).slice(2, -1), ["x-a: 1"], JSON.stringify(route));
  }
});

Deno.test("requestFields() drops the client's field of the name in which the route sends its credential", () => {
  const given: Fields = [["x-custom-auth", "mine"], ["x_custom_auth", "mine"], ["x-custom", "kept"]];
  assertEquals(linesFor(given, { route: { auth_header: "X-Custom-Auth" } }), [
    "GET /x?y HTTP/1.1",
    "host: api.test",
    "x-custom: kept",
    "X-Custom-Auth: Bearer real",
  ]);
  // By the route itself too, whatever the table drops.
  const { isDropped } = requestFieldRules(routeOf({ auth_header: "X-Custom-Auth" }), new Set());
  assertEquals(["x-custom-auth", "x_custom_auth", "x-custom"].map(isDropped), [true, true, false]);
});

Deno.test("requestFields() drops a field that names another path only where the upstream has a base path to leave", () => {
  const given: Fields = [["x-original-url", "/other"], ["x-rewrite-url", "/other"]];
  assertEquals(linesFor(given), [
    "GET /x?y HTTP/1.1",
    "host: api.test",
    ...given.map(([name, value]) => `${name}: ${value}`),
    "Authorization: Bearer real",
  ]);
  assertEquals(linesFor(given, { route: { upstream: "https://api.test/v1" } }), BARE);
});

Deno.test("requestFields() drops every field that carries a credential", () => {
  const names = [
    "authorization",
    "proxy-authorization",
    "x-api-key",
    "x-goog-api-key",
    "api-key",
    "cookie",
  ];
  for (const name of names) assertEquals(linesFor([[name, "mine"]]), BARE, name);
  assertEquals(linesFor([["private-token", "mine"]], { route: { auth_header: "Private-Token" } }), [
    "GET /x?y HTTP/1.1",
    "host: api.test",
    "Private-Token: Bearer real",
  ]);
});

Deno.test("requestFields() drops the client's Authorization where the credential uses another field", () => {
  const route = { auth_header: "X-Api-Key" };
  const lines = linesFor([["authorization", "mine"], ["x-api-key", "mine"]], { route });
  assertEquals(lines, ["GET /x?y HTTP/1.1", "host: api.test", "X-Api-Key: Bearer real"]);
});

Deno.test("fieldsDroppedByAll() has the credential's field of each route, but for cookies, which each route decides about", () => {
  const names = fieldsDroppedByAll([{ authHeader: "X-One" }, { authHeader: "Cookie" }, {
    authHeader: "X-Two",
  }]);
  assertEquals(["x-one", "x-two", "cookie"].map((name) => names.has(name)), [true, true, false]);
});

Deno.test("requestFields() forwards cookies where the route says so", () => {
  const lines = linesFor([["cookie", "a=b; c=d"]], { route: { cookies: true } });
  assertEquals(lines[2], "cookie: a=b; c=d");
});

Deno.test("requestFields() drops the fields of the connection", () => {
  const names = [
    "connection",
    "expect",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
  ];
  for (const name of names) assertEquals(linesFor([[name, "x-other"]]), BARE, name);
});

Deno.test("requestFields() drops what Connection names, but never what the service adds", () => {
  const connection = "close, X-Foo ,authorization,host,content-length,X-Team,x-beta,,";
  const fields: Fields = [["connection", connection], ["x-beta", "mine"], ["x-foo", "1"], ["x-food", "2"]];
  const route = { set_headers: { "X-Team": "red" }, add_headers: { "X-Beta": "new" } };
  assertEquals(linesFor(fields, { route, framing: { kind: "length", length: 5 } }), [
    "GET /x?y HTTP/1.1",
    "host: api.test",
    "x-team: red",
    "x-food: 2",
    "x-beta: new",
    "content-length: 5",
    "Authorization: Bearer real",
  ]);
});

Deno.test("requestFields() writes the upstream's Host, without a default port", () => {
  const cases: [upstream: string, host: string][] = [
    ["https://API.test:443/v1", "api.test"],
    ["https://api.test:8443", "api.test:8443"],
    ["http://api.test", "api.test"],
    ["http://api.test:443", "api.test:443"],
    ["https://[::1]/", "[::1]"],
    ["https://[::1]:8443/", "[::1]:8443"],
  ];
  for (const [upstream, host] of cases) {
    assertEquals(linesFor([["host", "proxy:9099"]], { route: { upstream } })[1], `host: ${host}`);
  }
});

Deno.test("requestFields() writes the validated length, not the one that was sent", () => {
  const fields: Fields = [["content-length", "5, 5"], ["transfer-encoding", "gzip"]];
  assertEquals(linesFor(fields), BARE);
  const length = linesFor(fields, { framing: { kind: "length", length: 0 } });
  assertEquals(length[2], "content-length: 0");
  const chunked = linesFor(fields, { framing: { kind: "chunked" } });
  assertEquals(chunked[2], "transfer-encoding: chunked");
  assertEquals([length.length, chunked.length], [4, 4]);
});

Deno.test("requestFields() sets the route's own fields and appends to the client's", () => {
  const route = {
    set_headers: { "User-Agent": "mine" },
    add_headers: { "Anthropic-Beta": "two", "X-New": "three", "X-Empty": "four" },
  };
  const fields: Fields = [["anthropic-beta", "one"], ["user-agent", "agent"], ["x-empty", ""]];
  assertEquals(linesFor(fields, { route }), [
    "GET /x?y HTTP/1.1",
    "host: api.test",
    "user-agent: mine",
    "anthropic-beta: one, two",
    "x-empty: four",
    "x-new: three",
    "Authorization: Bearer real",
  ]);
});

Deno.test("connectionOptions() folds case and white space", () => {
  assertEquals(connectionOptions(" Close,X-Foo\t, ,x-BAR "), new Set(["close", "x-foo", "", "x-bar"]));
});

Deno.test("serializeRequestHead() writes a target that is a secret, which nothing else prints", () => {
  const request: Parameters<typeof serializeRequestHead>[0] = {
    method: "GET",
    target: Secret.of("/bot123:real/x"),
    fields: [["host", "api.test"]],
  };
  assertEquals(
    serializeRequestHead(request),
    "GET /bot123:real/x HTTP/1.1\r\nhost: api.test\r\n\r\n",
  );
  assert(!Deno.inspect(request).includes("real"));
});
