/**
 * The references in a WebDAV request, from the route to the upstream.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import { Refusal } from "../../lib/http/refusal.ts";
import { rewriteRequestReferences } from "../../lib/proxy/reference/request_references.ts";
import { rewriteTags } from "../../lib/proxy/reference/if_field.ts";
import type { OutgoingField } from "../../lib/upstream/transport.ts";
import { routeOf } from "../support/route.ts";

/** Returns a Destination as the upstream gets it, or the code of the refusal. */
function destination(
  value: string,
  upstream: string,
  { method = "MOVE", host = "proxy:9099" }: { readonly method?: string; readonly host?: string } = {},
): string {
  const route = routeOf({ path: "/a/", upstream, ...(upstream.includes("{token}") && { auth_scheme: "" }) });
  const fields: OutgoingField[] = [["destination", value]];
  try {
    rewriteRequestReferences(fields, { method, host, route, policies: [route] });
    return String(fields[0]?.[1]);
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

Deno.test("a Destination leads to the upstream, however the client names the route", () => {
  const cases: [value: string, atHost: string, below: string][] = [
    ["http://proxy:9099/a/b", "https://api.test/b", "https://api.test/v1/b"],
    ["/a/b", "/b", "/v1/b"],
    ["https://api.test/v1/b", "https://api.test/v1/b", "https://api.test/v1/b"],
    ["https://api.test/b", "https://api.test/b", "bad_request"],
    ["http://proxy:9099/b/c", "bad_request", "bad_request"],
    ["https://other.test/b", "https://other.test/b", "bad_request"],
    ["http:\\\\proxy:9099\\a\\b", "bad_request", "bad_request"],
  ];
  for (const [value, atHost, below] of cases) {
    assertEquals(destination(value, "https://api.test"), atHost, value);
    assertEquals(destination(value, "https://api.test/v1"), below, value);
    assertEquals(destination(value, "https://api.test/v1", { method: "GET" }), value);
  }
});

Deno.test("a Destination leads to the proxy with and without the port of its scheme, which a balancer may add", () => {
  const names = ["proxy", "proxy:", "proxy:80", "PROXY:443"];
  for (const host of names) {
    for (const name of names) {
      assertEquals(destination(`http://${name}/a/b`, "https://api.test", { host }), "https://api.test/b");
    }
    const other = "http://proxy:8443/a/b";
    assertEquals(destination(other, "https://api.test", { host }), other, host);
  }
});

Deno.test("a route with a token in its path has no Destination of its own", () => {
  assertEquals(destination("http://proxy:9099/a/b", "https://api.test/bot{token}"), "bad_request");
});

Deno.test("of an If the resources are rewritten, and neither state tokens nor entity tags", () => {
  const upper = (value: string) => rewriteTags(value, (tag) => tag.toUpperCase());
  const cases: [value: string, rewritten: string][] = [
    ["(<urn:uuid:a>)", "(<urn:uuid:a>)"],
    ['<http://x/a> (<urn:a> ["e"] <urn:b>)', '<HTTP://X/A> (<urn:a> ["e"] <urn:b>)'],
    ['</a> (Not <DAV:no>) (<urn:a>) </b> ([W/"e"])', '</A> (Not <DAV:no>) (<urn:a>) </B> ([W/"e"])'],
    ["anything else", "anything else"],
  ];
  for (const [value, rewritten] of cases) assertEquals(upper(value), rewritten);
  for (const value of ["(</a> x)", "<a", "((<a>))", "<a> )"]) {
    const { code } = assertThrows(() => upper(value), Refusal, undefined, value);
    assertEquals(code, "bad_request");
  }
});

Deno.test("a Destination that can't be forwarded is refused by its name", () => {
  const route = routeOf({ path: "/a/", upstream: "https://api.test" });
  for (const value of ["/a/%2e%2e/b", "http://proxy/a/%2e%2e/b"]) {
    const refusal = assertThrows(
      () => {
        const fields: OutgoingField[] = [["destination", value]];
        rewriteRequestReferences(fields, { method: "MOVE", host: "proxy", route, policies: [route] });
      },
      Refusal,
    );
    assertEquals([refusal.code, refusal.subject], [
      "bad_request",
      "its Destination is not a path that can be forwarded",
    ]);
  }
});
