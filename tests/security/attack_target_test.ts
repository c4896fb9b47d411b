/**
 * Attacks on what a request asks for: no target leaves its route, names another host, or can be read in two ways.
 *
 * @module
 */

import {
  AFTER,
  type Attack,
  CUT,
  REFUSED,
  requestText,
  useAttackFixture,
} from "../support/attack_fixture.ts";

const fixture = useAttackFixture((upstream) => [
  { path: "/github/", upstream: `${upstream}/gh` },
  { path: "/public/", upstream, paths: ["sub/**"] },
  // Its credential is in the query instead.
  { path: "/own/", upstream, auth_scheme: undefined, auth_query: "app-id" },
  { path: "/choosy/", upstream, drop_query: ["token"], keep_query: ["key"] },
]);

const NO_ROUTE: readonly string[] = ["404 no_route", AFTER];

/** A target and the expected outcome. */
function asking(target: string, got: readonly string[]): Attack {
  const name = target.length > 60
    ? `${target.slice(0, 20)}… of ${target.length} bytes`
    : JSON.stringify(target);
  return [name, requestText(`GET ${target}`), got];
}

/** A target that passes, and the target that the upstream gets. */
function passing(target: string, seen: string): Attack {
  const [name, sent] = asking(target, []);
  return [name, sent, [`200 ${seen}`, AFTER], [[`GET ${seen}`]]];
}

Deno.test("a dot-segment is refused in any spelling and position", (test) => {
  const targets = [
    "/..",
    "/../a/x",
    "/./a/x",
    "/github/../a/x",
    "/a/../../../../etc/passwd",
    ...[
      "..",
      "../../",
      "../b",
      ".",
      "../",
      "./b",
      "b/..",
      "b/.",
      "b/../c",
      "b/./c",
      "/../b",
      "..//b",
      "b;/../c",
      "%2e%2e",
      "%2E%2E/b",
      "%2e%2E/",
      ".%2e/b",
      ".%2E",
      "%2e./b",
      "%2E.",
      "%2e",
      "%2e/b",
      "b/%2e%2e",
      "..\\b",
      "\\..\\b",
      "b\\..",
      "%5c../b",
      "%5C..%5Cb",
      "..%5cb",
      "b%5c%2e%2E%5Cc",
      "b%5c..",
      "%2f../b",
      "%2F..%2Fb",
      "..%2fb",
      "b%2f..%2fc",
      "b%2f%2e%2e",
      "%2e%2e%2f%2e%2e%2fb",
      "..;/b",
      "..;x",
      "..;x/b",
      "..;a=b;c/b",
      ".;/b",
      "%2e%2e;x/b",
      "..;%2fb",
      "..;x%5cb",
      "..?x",
      "..#x",
      "../../".repeat(2700),
    ].map((path) => `/a/${path}`),
    "/a\\..\\b",
    "/a%2f..",
    "http://proxy/a/../b",
    "http://proxy/a/%2e%2e",
  ];
  return fixture.run(test, targets.map((target) => asking(target, REFUSED)));
});

Deno.test("a segment that only resembles a dot-segment passes byte for byte", (test) => {
  const targets = [
    "...",
    "..../b",
    "..b",
    "b..",
    "b../c",
    ".b",
    "b./c",
    "%2e%2e%2e/b",
    "..%20/b",
    "%20../b",
    "..%09/b",
    "..%00/b",
    "..%3b/b",
    "%252e%252e/b",
    "..%252fb",
    "%c0%ae%c0%ae/b",
    "%u002e%u002e/b",
    "b?/../c",
    "b?%2e%2e/",
    "b?..",
  ];
  return fixture.run(test, targets.map((target) => passing(`/a/${target}`, `/${target}`)));
});

Deno.test("a segment that some server takes for a dot-segment is refused where a route restricts the path", (test) => {
  const targets = [
    ..."... ..%20/b %20../b ..%09/b ..%00/b .%20./b %ef%bc%8e%ef%bc%8e/b %e2%80%a5/b %c0%ae%c0%ae/b %u002e%u002e/b"
      .split(" "),
    ..."..%252fb %252e%252e/b ..%ef%bc%8fb ..%e2%80%8b/b a/%e3%80%82%e3%80%82/b".split(" "),
  ];
  return fixture.run(test, [
    ...["/github/", "/public/sub/"].flatMap((prefix) =>
      targets.map((target) => asking(`${prefix}${target}`, ["403 not_allowed", AFTER]))
    ),
    passing("/github/main...feature/..b/b../%e2%80%a6x", "/gh/main...feature/..b/b../%e2%80%a6x"),
    passing("/public/sub/a...b/..b/c..", "/sub/a...b/..b/c.."),
    asking("/public/sub/x%ef%bc%8fy", ["403 not_allowed", AFTER]),
  ]);
});

Deno.test("an absolute target must name the host of the Host field", (test) =>
  fixture.run(test, [
    passing("http://proxy/a/x", "/x"),
    passing("http://proxy/a/x?y", "/x?y"),
    passing("http://proxy/a//x", "//x"),
    ...[
      "http://other/a/x",
      "http://PROXY/a/x",
      "HTTP://proxy/a/x",
      "http://proxy:80/a/x",
      "http://proxy./a/x",
      "http://proxy.other/a/x",
      "http://proxyother/a/x",
      "http://prox/a/x",
      "http://proxy?/a/x",
      "http://proxy#/a/x",
      "http://proxy\\a/x",
      "http://proxy/a\\x",
      "http://proxy/a/x#y",
      "http://user@proxy/a/x",
      "http://user:password@proxy/a/x",
      "http://@proxy/a/x",
      "http://proxy@other/a/x",
      "http://proxy:80@other/a/x",
      "http://proxy\\@other/a/x",
      "http://proxy%2f@other/a/x",
      "http://127.0.0.1/a/x",
      "http://[::1]/a/x",
      "https://proxy/a/x",
      "https://other/a/x",
      "ftp://proxy/a/x",
      "ws://proxy/a/x",
      "a+b-c.d://proxy/a/x",
    ].map((target) => asking(target, REFUSED)),
    ...["http:/a/x", "http:a/x", "http://", "://proxy/a/x", "1://proxy/a/x", "data:x", "javascript:x"]
      .map((target) => asking(target, CUT)),
    ...["http://proxy", "http://proxy/"].map((target) => asking(target, NO_ROUTE)),
    // The runtime treats these as paths and prepends a slash.
    ...["http:///a/x", "file:///etc/passwd"].map((target) => asking(target, NO_ROUTE)),
  ]));

Deno.test("a target that names another host in its path leads nowhere else", (test) =>
  fixture.run(test, [
    ...["//proxy/a/x", "//other/a/x", "//a/x", "///a/x", "/@other/a/x", "/a@other/x", "/a:80/x"]
      .map((target) => asking(target, NO_ROUTE)),
    ...["/\\other/a", "/a\\@other/x"].map((target) => asking(target, REFUSED)),
    ...["@other/a/x", "user@other", "\\\\other\\a", "\\a\\x"].map((target) => asking(target, CUT)),
    passing("/a//other/x", "//other/x"),
    passing("/a///x", "///x"),
    passing("/a/@other/x", "/@other/x"),
    passing("/a/x@other:80", "/x@other:80"),
    passing("/a/http://other/x", "/http://other/x"),
    passing("/a/x?http://other/", "/x?http://other/"),
  ]));

Deno.test("a fragment is refused", (test) =>
  fixture.run(test, [
    ...["/a/x#y", "/a/x#", "/a#/x", "/a/#", "/a/x?y#z", "/#/a/x"].map((target) => asking(target, REFUSED)),
    ...["#", "#/a/x"].map((target) => asking(target, CUT)),
  ]));

Deno.test("a byte that is not allowed in a target is refused", (test) =>
  fixture.run(test, [
    ..."\0\x01\t\x0b\x0c\r\x1b\x1f \x7f\x80\x85\xa0\xe9\xff".split("").flatMap((char) => [
      asking(`/a/${char}x`, CUT),
      asking(`/a/x?${char}`, CUT),
    ]),
    asking("/a/x\t", CUT),
    asking("/a/x\0", CUT),
    asking("/\xe1/x", CUT),
    // The runtime accepts it encoded in UTF-8.
    asking("/a/\xc3\xa9", REFUSED),
    asking("/a/x?\xc3\xa9", REFUSED),
    asking("/\xc3\xa9", REFUSED),
    asking("/a\\x", REFUSED),
    asking("/a/x\\", REFUSED),
  ]));

Deno.test("a percent-encoded byte passes unchanged and is never decoded", (test) => {
  const targets = [
    "%00",
    "%0d%0aX-A:%201",
    "%0d%0a%0d%0aGET%20/hidden%20HTTP/1.1",
    "x%0a?%0d",
    "%23",
    "%3f",
    "%",
    "%2",
    "%zz",
    '"<>{}|^`',
    "x?\\",
  ];
  return fixture.run(test, targets.map((target) => passing(`/a/${target}`, `/${target}`)));
});

Deno.test("a prefix matches whole segments in its exact spelling only", (test) =>
  fixture.run(test, [
    passing("/github", "/gh/"),
    passing("/github/", "/gh/"),
    passing("/github?x", "/gh/?x"),
    passing("/github//x", "/gh//x"),
    passing("/github/%2fx", "/gh/%2fx"),
    passing("/a?/github/x", "/?/github/x"),
    ...[
      "/github-evil/x",
      "/githubevil",
      "/githu/b",
      "/github.",
      "/github./x",
      "/github;/x",
      "/github;x/y",
      "/github:x",
      "/github@x",
      "/github%20/x",
      "/github%00/x",
      "/github%2f",
      "/github%2fx",
      "/github%2Fx",
      "/github%5cx",
      "/github%3fx",
      "/%67ithub/x",
      "/git%68ub/x",
      "/%2fgithub/x",
      "/GITHUB/x",
      "/GitHub/x",
      "/A/x",
      "//github/x",
      "/x/github/x",
      "/a%2fx",
      "/*",
      "/",
      "/?",
    ].map((target) => asking(target, NO_ROUTE)),
    ...["/github#", "/github\\x"].map((target) => asking(target, REFUSED)),
    ...["/github /x", "github/x", "%2fgithub/x", "/g\xdcthub/x"].map((target) => asking(target, CUT)),
  ]));

Deno.test("a target that is not a path is refused", (test) =>
  fixture.run(test, [
    ...[
      "*",
      "**",
      "?",
      "?x",
      "a",
      "a/x",
      "./a/x",
      "../a/x",
      "..",
      "~",
      "%2fa%2fx",
      "proxy",
      "proxy:80",
      "api.test:443",
    ]
      .map((target) => asking(target, CUT)),
    ...["[::1]:80", ":80"].map((target) => asking(target, CUT)),
    ["OPTIONS *", requestText("OPTIONS *"), REFUSED],
    ["OPTIONS /a/*", requestText("OPTIONS /a/*"), ["200 /*", AFTER], [["OPTIONS /*"]]],
  ]));

Deno.test("a credential in the query is dropped, however it is spelled, and the rest passes byte for byte", (test) =>
  fixture.run(test, [
    ...[
      "key",
      "KEY",
      "access_token",
      "private_token",
      "api_key",
      "%6bey",
      "k%45y",
      "%256bey",
      "key[]",
      "API-KEY",
    ].map(
      (name) => passing(`/a/x?a=%20&${name}=mine&b=+`, "/x?a=%20&b=+"),
    ),
    passing("/a/x?key=mine", "/x"),
    passing("/a/x?key=1&b&key=2", "/x?b"),
    passing("/a/x?b;key=mine;c", "/x?b;c"),
    passing(
      "/a/x?keys=1&q=key&monkey=2&token=3&page_token=4&%",
      "/x?keys=1&q=key&monkey=2&token=3&page_token=4&%",
    ),
    // The parameter that carries another route's credential.
    passing("/a/x?App_Id=mine&appids=1&b", "/x?appids=1&b"),
    passing("/choosy/x?key=1&Token=mine&t%6fken=mine", "/x?key=1"),
  ]));

Deno.test("a long target passes unchanged, and one beyond the limit of a head is refused", (test) =>
  fixture.run(test, [
    passing(`/a/${"x".repeat(8 * 1024)}`, `/${"x".repeat(8 * 1024)}`),
    passing(`/a/x?${"y".repeat(8 * 1024)}`, `/x?${"y".repeat(8 * 1024)}`),
    passing(`/a/${"%2f".repeat(20_000)}`, `/${"%2f".repeat(20_000)}`),
    asking(`/${"x".repeat(8 * 1024)}`, NO_ROUTE),
    asking(`/a/${"x".repeat(70 * 1024)}`, CUT),
    asking(`/a/x?${"x".repeat(70 * 1024)}`, CUT),
    asking(`/${"x".repeat(70 * 1024)}`, CUT),
    asking(`http://${"x".repeat(70 * 1024)}/a/x`, CUT),
  ]));
