import { assertEquals } from "@std/assert";
import { RouteIndex } from "../../lib/proxy/route_index.ts";
import { fc } from "../support/property.ts";

Deno.test("RouteIndex matches the host in any case and with any port, and a prefix where no route has the host", () => {
  const routes = [{ host: "a.example", path: "/" }, { path: "/a/" }, { path: "/" }];
  const index = new RouteIndex(routes);
  for (const host of ["a.example", "A.EXAMPLE", "a.example:443", "a.example:"]) {
    assertEquals(index.match(host, "/a/x"), routes[0]);
  }
  for (const host of ["", "b.example", "a.example.", "xa.example", "a.example:x", "[::1]:80"]) {
    assertEquals(index.match(host, "/a/x"), routes[1]);
  }
  assertEquals(new RouteIndex(routes.slice(1)).match("a.example", "/x"), routes[2]);
  const numeric = [{ host: "[::1]", path: "/" }];
  for (const host of ["[::1]", "[::1]:80"]) {
    assertEquals(new RouteIndex(numeric).match(host, "/x"), numeric[0]);
  }
  // Its path is no prefix under another host.
  assertEquals(new RouteIndex(numeric).match("b.example", "/x"), undefined);
});

Deno.test("RouteIndex matches the longest prefix, and the prefix without its final slash", () => {
  const index = new RouteIndex([{ path: "/a/" }, { path: "/a/b/" }, { path: "/c/" }]);
  const cases: [path: string, prefix: string | undefined][] = [
    ["/a/x", "/a/"],
    ["/a/b/x", "/a/b/"],
    ["/a/b", "/a/b/"],
    ["/a/bx", "/a/"],
    ["/a", "/a/"],
    ["/a//b/", "/a/"],
    ["/A/x", undefined],
    ["/ab", undefined],
    ["/", undefined],
    ["//c/", undefined],
    ["/c", "/c/"],
    ["/c/", "/c/"],
  ];
  for (const [path, prefix] of cases) assertEquals(index.match("", path)?.path, prefix, path);
});

Deno.test("RouteIndex matches what a search through all prefixes matches", () => {
  const segment = fc.constantFrom("a", "b", "ab", "");
  const path = fc.array(segment, { maxLength: 5 }).map((segments) => `/${segments.join("/")}`);
  const prefix = path.map((text) => text.endsWith("/") ? text : `${text}/`);
  fc.assert(fc.property(fc.uniqueArray(prefix, { maxLength: 8 }), path, (prefixes, asked) => {
    const [expected] = prefixes.filter((each) => asked.startsWith(each) || `${asked}/` === each)
      .toSorted((one, other) => other.length - one.length);
    assertEquals(new RouteIndex(prefixes.map((path) => ({ path }))).match("", asked)?.path, expected);
  }));
});

Deno.test("RouteIndex takes no longer for a path of slashes than its longest prefix has", () => {
  const index = new RouteIndex([{ path: "/a/b/" }]);
  const path = "/".repeat(60_000);
  const began = performance.now();
  for (let run = 0; run < 1000; run++) assertEquals(index.match("", path), undefined);
  // A look at each slash would take minutes.
  assertEquals(performance.now() - began < 5_000, true);
});
