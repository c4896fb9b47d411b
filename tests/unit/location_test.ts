import { assertEquals } from "@std/assert";
import { rewriteLocation } from "../../lib/proxy/location.ts";
import { routeOf } from "../support/route.ts";

type Cases = readonly (readonly [location: string, turned: string])[];

function assertTurns(upstream: string, cases: Cases): void {
  const route = routeOf({ upstream });
  for (const [location, turned] of cases) {
    assertEquals([location, rewriteLocation(location, route.upstream, route.path)], [location, turned]);
  }
}

/** The location stays unchanged. */
function same(...locations: string[]): Cases {
  return locations.map((location) => [location, location] as const);
}

Deno.test("rewriteLocation() rewrites the upstream's own URLs to the route, with query and fragment", () => {
  assertTurns("https://api.test", [
    ["https://api.test/b/c?d=%2F#e", "/a/b/c?d=%2F#e"],
    ["HTTPS://API.test:443/b", "/a/b"],
    ["https://api.test", "/a/"],
    ["https://api.test?b", "/a/?b"],
    ["https://api.test#b", "/a/#b"],
    ["//api.test/b", "/a/b"],
    // Browsers and the SDKs read a backslash as a slash, so this is the upstream's too.
    ["https://api.test\\@other.test/b", "/a/\\@other.test/b"],
    ["/b", "/a/b"],
    ["/", "/a/"],
  ]);
});

Deno.test("rewriteLocation() leaves other places alone", () => {
  assertTurns(
    "https://api.test",
    same(
      "https://other.test/b",
      "https://api.test.other/b",
      "https://api.test:8443/b",
      "https://user@api.test/b",
      "https://api.test@other.test/b",
      "http://api.test/b",
      "ftp://api.test/b",
      "//other.test/b",
      "b/c",
      "../b",
      "?b",
      "#b",
      "",
    ),
  );
});

Deno.test("rewriteLocation() removes the upstream's base, and leaves what lies outside it", () => {
  assertTurns("https://api.test/v1", [
    ["https://api.test/v1/b", "/a/b"],
    ["/v1/b?c", "/a/b?c"],
    ["/v1/", "/a/"],
    ["/v1", "/a/"],
    ["/v1?b", "/a/?b"],
    ...same("/v10/b", "/v2/b", "/", "https://api.test/", "https://api.test", "/V1/b"),
  ]);
});

Deno.test("rewriteLocation() removes the upstream's base before a fragment too", () => {
  assertTurns("https://api.test/v1", [["/v1#b", "/a/#b"], ["https://api.test/v1#b", "/a/#b"]]);
});

Deno.test("rewriteLocation() knows ports, IPv6 and plain http", () => {
  assertTurns("http://[::1]:8080", [["http://[::1]:8080/b", "/a/b"], ...same("http://[::1]/b")]);
  assertTurns("http://api.test", [
    ["http://api.test:80/b", "/a/b"],
    ...same("http://api.test:443/b", "https://api.test/b"),
  ]);
  assertTurns("http://api.test:443", [["http://api.test:443/b", "/a/b"], ...same("http://api.test/b")]);
});

Deno.test("rewriteLocation() never makes a path that a client would read as another host", () => {
  const { upstream } = routeOf();
  for (const location of ["https://api.test//other.test/b", "https://api.test/\\other.test/b"]) {
    const turned = rewriteLocation(location, upstream, "/");
    assertEquals(new URL(turned, "http://proxy/").host, "proxy", turned);
  }
});
