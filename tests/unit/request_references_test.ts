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

/** A request on the route `/a/`. */
interface Request {
  readonly method?: string;
  readonly host?: string;
  /** The route's other fields. */
  readonly route?: object;
}

/** Returns a field as the upstream gets it, or what the client learns of the refusal. */
function sent(
  [name, value]: [name: string, value: string],
  upstream: string,
  { method = "MOVE", host = "proxy:9099", route: more }: Request = {},
): string {
  const route = routeOf({ upstream, ...more });
  const fields: OutgoingField[] = [["x-first", value], [name, value]];
  try {
    rewriteRequestReferences(fields, { method, host, route, policies: [route] });
  } catch (error) {
    if (error instanceof Refusal) return `${error.code}: ${error.subject}`;
    throw error;
  }
  assertEquals(fields[0], ["x-first", value]);
  return String(fields[1]?.[1]);
}

/** Returns a Destination as the upstream gets it, or what the client learns of the refusal. */
function destination(value: string, upstream: string, request?: Request): string {
  return sent(["destination", value], upstream, request);
}

const NOWHERE = "bad_request: its Destination leads neither to the proxy nor to the upstream";
const OUTSIDE = "bad_request: its Destination is out of the upstream's path";
const OTHER_ROUTE = "bad_request: its Destination is on another route";
const UNUSUAL = "bad_request: its Destination is in an unusual spelling";

Deno.test("a Destination leads to the upstream, however the client names the route", () => {
  const cases: [value: string, atHost: string, below: string][] = [
    ["http://proxy:9099/a/b", "https://api.test/b", "https://api.test/v1/b"],
    ["//proxy:9099/a/b", "https://api.test/b", "https://api.test/v1/b"],
    ["/a/b", "/b", "/v1/b"],
    ["https://api.test/v1/b", "https://api.test/v1/b", "https://api.test/v1/b"],
    ["https://user:a@b@API.test:443/v1/b", "https://api.test/v1/b", "https://api.test/v1/b"],
    ["https://api.test/b", "https://api.test/b", OUTSIDE],
    // Paths of the upstream's own, which a store may also count from a folder.
    ["/v1/b", "/v1/b", "/v1/b"],
    ["/b", "/b", OUTSIDE],
    ["/b c", "/b c", OUTSIDE],
    ["b", "b", NOWHERE],
    ["http://proxy:9099/b/c", OTHER_ROUTE, OTHER_ROUTE],
    ["https://other.test/b", "https://other.test/b", NOWHERE],
    ["http:\\\\proxy:9099\\a\\b", UNUSUAL, UNUSUAL],
    ["HTTP:/proxy:9099/a/b", UNUSUAL, UNUSUAL],
    ["/a\\b", UNUSUAL, UNUSUAL],
  ];
  for (const [value, atHost, below] of cases) {
    for (const method of ["MOVE", "COPY"]) {
      assertEquals(destination(value, "https://api.test", { method }), atHost, value);
      assertEquals(destination(value, "https://api.test/v1", { method }), below, value);
    }
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
  for (const host of ["[::1]", "[::1]:80", "[::1]:443"]) {
    assertEquals(
      destination("http://[::1]:80/a/b", "https://api.test", { host }),
      "https://api.test/b",
      host,
    );
  }
});

Deno.test("a route with a token in its path has no Destination of its own", () => {
  assertEquals(
    destination("http://proxy:9099/a/b", "https://api.test/bot{token}", { route: { auth_scheme: "" } }),
    "bad_request: the route's upstream has a token in its path, so it can have no Destination",
  );
});

Deno.test("a Destination is where the route's policy allows the request itself to be", () => {
  const request = { route: { paths: ["b"] } };
  for (const value of ["http://proxy:9099/a/b", "https://api.test/b"]) {
    assertEquals(destination(value, "https://api.test", request), "https://api.test/b");
  }
  for (const value of ["http://proxy:9099/a/c", "/a/c", "https://api.test/c"]) {
    assertEquals(destination(value, "https://api.test", request), 'not_allowed: "/a/c"');
  }
});

Deno.test("the resources of an If lead to the upstream with every method, and those of no other field", () => {
  const value = "<http://proxy:9099/a/b> (<urn:a>) </a/c> (<urn:b>)";
  for (const method of ["MOVE", "PUT"]) {
    assertEquals(
      sent(["if", value], "https://api.test/v1", { method }),
      "<https://api.test/v1/b> (<urn:a>) </v1/c> (<urn:b>)",
    );
    for (const name of ["if-match", "x-if"]) {
      assertEquals(sent([name, value], "https://api.test/v1", { method }), value);
    }
  }
  assertEquals(
    sent(["if", "<http://proxy:9099/b> (<urn:a>)"], "https://api.test"),
    "bad_request: its If is on another route",
  );
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
    const { code, subject } = assertThrows(() => upper(value), Refusal, undefined, value);
    assertEquals([code, subject], ["bad_request", "its If is not valid"]);
  }
});

Deno.test("a Destination that can't be forwarded is refused by its name", () => {
  for (const value of ["/a/%2e%2e/b", "http://proxy:9099/a/%2e%2e/b"]) {
    assertEquals(
      destination(value, "https://api.test"),
      "bad_request: its Destination is not a path that can be forwarded",
    );
  }
});
