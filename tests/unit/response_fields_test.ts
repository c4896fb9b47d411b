import { assertEquals } from "@std/assert";
import { copyResponseFields } from "../../lib/proxy/response_fields.ts";
import { responseFraming } from "../../lib/upstream/response_framing.ts";
import { parseResponseHead } from "../../lib/upstream/response_head.ts";
import { routeOf } from "../support/route.ts";

type Fields = [name: string, value: string][];

/** Returns the fields of a response that the client gets, on a route that does not mask. */
function passed(
  fields: Fields,
  { route = {}, method = "GET", status = 200 }: { route?: object; method?: string; status?: number } = {},
): Fields {
  const lines = fields.map((field) => `${field.join(": ")}\r\n`).join("");
  const head = parseResponseHead(`HTTP/1.1 ${status} Any\r\n${lines}\r\n`);
  const seen: Fields = [];
  const rules = { route: routeOf(route), mask: undefined, decoded: false };
  copyResponseFields(rules, { head, framing: responseFraming(method, head) }, {
    append: (name, value) => void seen.push([name, value]),
  });
  return seen;
}

Deno.test("copyResponseFields() copies all other fields unchanged: order, repetition, values", () => {
  const fields: Fields = [
    ["www-authenticate", "Basic realm=a"],
    ["x-empty", ""],
    ["content-encoding", "gzip"],
    ["www-authenticate", "Bearer"],
    ["etag", '"x"'],
    ["x-byte", "\xe9\x80"],
    ["content-length", "5"],
  ];
  assertEquals(passed(fields), fields);
});

Deno.test("copyResponseFields() drops the fields of the connection", () => {
  const names = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "upgrade",
  ];
  assertEquals(passed([...names.map((name): Fields[number] => [name, "x"]), ["x-a", "1"]]), [["x-a", "1"]]);
  assertEquals(passed([["transfer-encoding", "chunked"], ["x-a", "1"]]), [["x-a", "1"]]);
});

Deno.test("copyResponseFields() drops what any Connection field names", () => {
  const fields: Fields = [
    ["x-foo", "1"],
    ["connection", "keep-alive"],
    ["connection", "Close, X-Foo"],
    ["x-bar", "2"],
    ["connection", "x-bar"],
    ["x-food", "3"],
  ];
  assertEquals(passed(fields), [["x-food", "3"]]);
});

Deno.test("copyResponseFields() copies cookies only where the route says so", () => {
  const fields: Fields = [["set-cookie", "a=1"], ["x-a", "1"], ["set-cookie", "b=2"]];
  assertEquals(passed(fields), [["x-a", "1"]]);
  assertEquals(passed(fields, { route: { cookies: true } }), fields);
});

Deno.test("copyResponseFields() copies the length also where there is no content", () => {
  const fields: Fields = [["content-length", "5"]];
  assertEquals(passed(fields, { method: "HEAD" }), fields);
  assertEquals(passed(fields, { status: 304 }), fields);
});

Deno.test("copyResponseFields() rewrites references to the upstream to the route", () => {
  const fields: Fields = [["location", "https://api.test/b"], ["content-location", "/c"], [
    "x-location",
    "/d",
  ]];
  assertEquals(passed(fields), [["location", "/a/b"], ["content-location", "/a/c"], ["x-location", "/d"]]);
});
