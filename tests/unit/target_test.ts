import { assertEquals, assertThrows } from "@std/assert";
import { Refusal } from "../../lib/http/refusal.ts";
import { parseTarget } from "../../lib/proxy/target.ts";

/** Parses what the runtime gives: the scheme, the Host field and the target, one after the other. */
function parse(target: string, host = "proxy:9099"): ReturnType<typeof parseTarget> {
  return parseTarget(`http://${host}${target}`, host);
}

function assertRefused(work: () => unknown, subject: string): void {
  const refusal = assertThrows(work, Refusal);
  assertEquals([refusal.code, refusal.subject], ["bad_request", subject]);
}

Deno.test("parseTarget() returns the path and the query byte for byte", () => {
  const cases: [target: string, path: string, query: string][] = [
    ["/", "/", ""],
    ["/a/b?c=d", "/a/b", "?c=d"],
    ["/a?", "/a", "?"],
    ["/a?b?c??", "/a", "?b?c??"],
    ["/A%2fb%2F//c/", "/A%2fb%2F//c/", ""],
    ["//a", "//a", ""],
    ["/a%00%0d%0a%zz%", "/a%00%0d%0a%zz%", ""],
    ["/a;b=c/(d)'*!$&+,:@=~|^`{}[]\"<>", "/a;b=c/(d)'*!$&+,:@=~|^`{}[]\"<>", ""],
    ['/a?/../%2e%2e/\\..\\{}[]|^`"<>', "/a", '?/../%2e%2e/\\..\\{}[]|^`"<>'],
    ["/a?http://b/../c", "/a", "?http://b/../c"],
  ];
  for (const [target, path, query] of cases) assertEquals(parse(target), { path, query });
});

Deno.test("parseTarget() refuses a dot-segment in every spelling", () => {
  const dots = ["..", ".", "%2e", "%2E", "%2e%2e", "%2E%2E", ".%2e", "%2e.", ".%2E", "%2E."];
  const places = (dot: string) => [
    `/${dot}`,
    `/${dot}/`,
    `/a/${dot}`,
    `/a/${dot}/b`,
    `/a//${dot}//b`,
    `/a/b%2f${dot}`,
    `/a/b%2F${dot}%2Fc`,
    `/a/${dot}%2fb`,
    `/a/b%5c${dot}`,
    `/a/b%5C${dot}%5Cc`,
    `/a/${dot}%5cb`,
    `/a/${dot};`,
    `/a/${dot};/b`,
    `/a/${dot};x=y/b`,
    `/a/${dot};x%2fb`,
    `/a/${dot}?b`,
  ];
  for (const target of dots.flatMap(places)) {
    assertRefused(() => parse(target), "its path has dot-segments");
  }
});

Deno.test("parseTarget() accepts what only looks like a dot-segment", () => {
  const paths = [
    "/...",
    "/a/.b",
    "/a/b.",
    "/a/..b/c",
    "/a/b../c",
    "/a/%2eb",
    "/a/b%2e%2e",
    "/a/%252e%252e/b",
    "/a/;../b",
    "/.well-known/x",
    "/main...feature",
  ];
  for (const path of paths) assertEquals(parse(path), { path, query: "" });
});

Deno.test("parseTarget() refuses what no URL may hold", () => {
  const subject = "its target holds a character that no URL may hold";
  const bytes = ["\x00", "\t", "\n", "\r", "\x1f", " ", "#", "\x7f", "\x80", "\xa0", "\xe9", "\u20ac"];
  for (const byte of bytes) {
    assertRefused(() => parse(`/a${byte}b`), subject);
    assertRefused(() => parse(`/a${byte}b/c`), subject);
    assertRefused(() => parse(`/a?b${byte}c`), subject);
  }
  assertRefused(() => parse("/a\\b"), subject);
  assertRefused(() => parse("/a\\..\\b"), subject);
});

Deno.test("parseTarget() accepts a host as a name or an address, with a port or without", () => {
  const hosts = ["a", "A.b-c_d.9", "127.0.0.1:9099", "[::1]", "[::ffff:127.0.0.1]:65535", "a:", "a:0"];
  for (const host of hosts) assertEquals(parse("/a?b", host), { path: "/a", query: "?b" });
});

Deno.test("parseTarget() refuses an invalid Host, wherever a target could hide in it", () => {
  const subject = "its Host field is missing or not a host";
  assertRefused(() => parseTarget("http:///a", null), subject);
  const hosts = [
    "",
    " ",
    "a b",
    "a/b",
    "a/b/..",
    "a?b",
    "a#b",
    "a\\b",
    "user@a",
    "a%2fb",
    "a,b",
    "a, b",
    "::1",
    "[::1",
    "[::1%25eth0]",
    "[x]",
    "a:b",
    "a:1:2",
    "a:123456",
    "a\t",
    "\xe9",
  ];
  for (const host of hosts) assertRefused(() => parse("/a", host), subject);
});

Deno.test("parseTarget() accepts an absolute target with the host of the Host field, and refuses any other", () => {
  // An absolute target replaces what the runtime puts together.
  assertEquals(parseTarget("http://a:1/b?c", "a:1"), { path: "/b", query: "?c" });
  // On a Unix socket the runtime has another scheme.
  assertEquals(parseTarget("http+unix://a/b?c", "a"), { path: "/b", query: "?c" });
  const cases: [url: string, host: string][] = [
    ["http://other/b", "a"],
    ["http://a.other/b", "a"],
    ["http://a:80/b", "a"],
    ["http://a/b", "a:80"],
    ["http://A/b", "a"],
    ["http://user@a/b", "a"],
    ["https://a/b", "a"],
    ["http+unix://other/b", "a"],
    ["unix://a/b", "a"],
    ["HTTP://a/b", "a"],
    ["ws://a/b", "a"],
    ["http://a", "a"],
    ["http://a?b", "a"],
    ["http://a*", "a"],
    ["*", "a"],
    ["", "a"],
  ];
  for (const [url, host] of cases) assertRefused(() => parseTarget(url, host), "its target is not a path");
});

Deno.test("parseTarget() refuses the target * of OPTIONS, which the runtime gives with a slash, and accepts it of others", () => {
  const url = "http://a/*";
  assertRefused(() => parseTarget(url, "a", "OPTIONS"), "its target is not a path");
  for (const method of ["GET", "options", undefined]) {
    assertEquals(parseTarget(url, "a", method), { path: "/*", query: "" });
  }
  for (const path of ["/", "/**", "/*/b"]) {
    assertEquals(parseTarget(`http://a${path}`, "a", "OPTIONS"), { path, query: "" });
  }
});
