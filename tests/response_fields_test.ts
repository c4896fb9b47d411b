import { assertEquals } from "@std/assert";
import { responseFields } from "../lib/http/response_fields.ts";
import { responseFraming } from "../lib/upstream/framing.ts";
import type { Field } from "../lib/upstream/response_head.ts";
import { routeOf } from "./support/route.ts";

/** What goes on to the agent of a reply's fields. */
function passed(
  fields: readonly Field[],
  { route = {}, method = "GET", status = 200 }: { route?: object; method?: string; status?: number } = {},
): Field[] {
  const head = { status, minorVersion: 1, fields } as const;
  return [...responseFields(routeOf(route), head, responseFraming(method, head))];
}

Deno.test("responseFields() passes all else as it is: order, repetition, values", () => {
  const fields: Field[] = [
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

Deno.test("responseFields() drops the fields of the connection", () => {
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
  assertEquals(passed([...names.map((name): Field => [name, "x"]), ["x-a", "1"]]), [["x-a", "1"]]);
  assertEquals(passed([["transfer-encoding", "chunked"], ["x-a", "1"]]), [["x-a", "1"]]);
});

Deno.test("responseFields() drops what any Connection field names", () => {
  const fields: Field[] = [
    ["x-foo", "1"],
    ["connection", "keep-alive"],
    ["connection", "Close, X-Foo"],
    ["x-bar", "2"],
    ["connection", "x-bar"],
    ["x-food", "3"],
  ];
  assertEquals(passed(fields), [["x-food", "3"]]);
});

Deno.test("responseFields() lets cookies through only where the route says so", () => {
  const fields: Field[] = [["set-cookie", "a=1"], ["x-a", "1"], ["set-cookie", "b=2"]];
  assertEquals(passed(fields), [["x-a", "1"]]);
  assertEquals(passed(fields, { route: { cookies: true } }), fields);
});

Deno.test("responseFields() tells the length also where there is no content", () => {
  const fields: Field[] = [["content-length", "5"]];
  assertEquals(passed(fields, { method: "HEAD" }), fields);
  assertEquals(passed(fields, { status: 304 }), fields);
});

Deno.test("responseFields() turns references to the upstream back to the route", () => {
  const fields: Field[] = [["location", "https://api.test/b"], ["content-location", "/c"], ["x-location", "/d"]];
  assertEquals(passed(fields), [["location", "/a/b"], ["content-location", "/a/c"], ["x-location", "/d"]]);
});
