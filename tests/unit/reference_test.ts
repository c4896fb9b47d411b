import { assert, assertEquals } from "@std/assert";
import { Secret } from "../../lib/core/secret.ts";
import { removeDotSegments } from "../../lib/proxy/reference/dot_segments.ts";
import { clientOrigin } from "../../lib/proxy/reference/client_origin.ts";
import { fitCookie } from "../../lib/proxy/reference/set_cookie.ts";
import { RouteReferences } from "../../lib/proxy/reference/route_references.ts";
import { fc, runs } from "../support/property.ts";
import { referencesOf } from "../support/references.ts";
import { routeOf } from "../support/route.ts";
import { shortestTime } from "../support/shortest_time.ts";

type Cases = readonly (readonly [reference: string, rewritten: string])[];

/** What a test calls besides the route's upstream. */
interface Setting {
  /** The route's own fields. */
  readonly route?: object;
  /** The fields of the other routes of the client. */
  readonly others?: readonly object[];
  readonly host?: string;
  /** The path of the request. */
  readonly path?: string;
}

function assertRewrites(
  upstream: string,
  cases: Cases,
  { route, others = [], host, path }: Setting = {},
): void {
  const rewriter = referencesOf(routeOf({ upstream, ...route }), {
    others: others.map(routeOf),
    ...(host !== undefined && { origin: { host } }),
    ...(path !== undefined && { path }),
  });
  for (const [reference, rewritten] of cases) {
    assertEquals([reference, rewriter.field("location", reference)], [reference, rewritten]);
  }
}

/** The reference stays unchanged. */
function same(...references: string[]): Cases {
  return references.map((reference) => [reference, reference] as const);
}

Deno.test("a reference to the route's upstream leads to the route, with query and fragment", () => {
  assertRewrites("https://api.test", [
    ["https://api.test/b/c?d=%2F#e", "http://proxy:9099/a/b/c?d=%2F#e"],
    ["HTTPS://API.test:443/b", "http://proxy:9099/a/b"],
    ["https://api.test", "http://proxy:9099/a/"],
    ["https://api.test?b", "http://proxy:9099/a/?b"],
    ["https://api.test#b", "http://proxy:9099/a/#b"],
    ["//api.test/b", "/a/b"],
    // Browsers and the SDKs read a backslash as a slash, so this is the upstream's too.
    ["https://api.test\\@other.test/b", "http://proxy:9099/a/@other.test/b"],
    ["/b", "/a/b"],
    ["/", "/a/"],
  ]);
});

Deno.test("a reference keeps its query byte for byte, where no parameter carries the token", () => {
  assertRewrites("https://api.test", [["/b?&=c&&=;d=%2f&", "/a/b?&=c&&=;d=%2f&"]]);
});

Deno.test("a reference to another place stays as it is", () => {
  assertRewrites(
    "https://api.test",
    same(
      "https://other.test/b",
      "https://api.test.other/b",
      "https://api.test:8443/b",
      "https://user@api.test/b",
      "https://api.test@other.test/b",
      "https://other.test/?next=https://api.test/b",
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

Deno.test("a reference with more slashes than a host needs, or backslashes after it, leads where browsers read it to lead", () => {
  assertRewrites("https://api.test/v1", [
    ["///b", "//b"],
    ["///api.test/v1/b", "/a/b"],
    ["https:\\\\api.test\\v1/z", "http://proxy:9099/a/z"],
    ["https://other.test\\b", "https://other.test\\b"],
  ]);
});

Deno.test("a reference to the upstream by its other scheme, or by that of a WebSocket, leads to the route too", () => {
  assertRewrites("https://api.test", [
    ["http://api.test/b", "http://proxy:9099/a/b"],
    ["http://api.test:80/b", "http://proxy:9099/a/b"],
    ["wss://api.test/b", "ws://proxy:9099/a/b"],
    ["WS://api.test", "ws://proxy:9099/a/"],
    ...same("http://api.test:443/b", "https://api.test:80/b", "wss://api.test:80/b"),
  ]);
  assertRewrites("http://api.test", [
    ["https://api.test/b", "http://proxy:9099/a/b"],
    ["http://api.test:80/b", "http://proxy:9099/a/b"],
    ...same("http://api.test:443/b"),
  ]);
  assertRewrites("https://api.test:8443", [["http://api.test:8443/b", "http://proxy:9099/a/b"]]);
});

Deno.test("a reference loses the upstream's base; one outside of the base is a URL of the upstream", () => {
  assertRewrites("https://api.test/v1", [
    ["https://api.test/v1/b", "http://proxy:9099/a/b"],
    ["/v1/b?c", "/a/b?c"],
    ["/v1/", "/a/"],
    ["/v1", "/a/"],
    ["/v1?b", "/a/?b"],
    ["/v1#b", "/a/#b"],
    ["https://api.test/v1#b", "http://proxy:9099/a/#b"],
    ["/v10/b", "https://api.test/v10/b"],
    ["/V1/b?c#d", "https://api.test/V1/b?c#d"],
    ["/", "https://api.test/"],
    ...same("https://api.test/", "https://api.test", "https://api.test/v2/b"),
  ]);
});

Deno.test("a reference may have a port, and an IPv6 address", () => {
  assertRewrites("http://[::1]:8080", [
    ["http://[::1]:8080/b", "http://proxy:9099/a/b"],
    ...same("http://[::1]/b"),
  ]);
  assertRewrites("http://api.test:443", [["http://api.test:443/b", "http://proxy:9099/a/b"]]);
});

Deno.test("no reference becomes a path that a client would read as another host", () => {
  const rewriter = referencesOf(routeOf({ path: "/" }));
  for (const reference of ["//api.test//other.test/b", "//api.test/\\other.test/b", "/\\other.test", "/"]) {
    const rewritten = rewriter.field("location", reference)!;
    assertEquals(new URL(rewritten, "http://proxy/").host, "proxy", rewritten);
  }
  assertEquals(
    new URL(rewriter.field("location", "https://api.test//other.test/b")!).host,
    "proxy:9099",
  );
});

Deno.test("a reference that leads up leads where it would at the upstream; any other relative one stays as it is", () => {
  assertRewrites("https://api.test/v1", [
    ["../z?q#f", "/a/z?q#f"],
    ["..?q#f", "/a/?q#f"],
    ["%2E%2e/z", "/a/z"],
    ["../../z?q#f", "https://api.test/z?q#f"],
    ["w/../../z", "/a/z"],
    ["/v1/w/../z?q#f", "/a/z?q#f"],
    ["https://api.test/v1/w/%2E./z", "http://proxy:9099/a/z"],
    ["https://api.test/v1/../z", "https://api.test/v1/../z"],
    ...same("z", "./z", "..z", "z..", "?../z", "ftp:../z", ""),
  ], { path: "/a/x/y" });
});

Deno.test("a realm that is a name stays one, also for the prefix without its slash", () => {
  const challenge = 'Bearer realm="OAuth", resource_metadata="https://api.test/v1/x"';
  const rewriter = referencesOf(routeOf({ path: "/a/", upstream: "https://api.test/v1" }), { path: "/a" });
  assertEquals(
    rewriter.field("www-authenticate", challenge),
    'Bearer realm="OAuth", resource_metadata="http://proxy:9099/a/x"',
  );
});

Deno.test("a reference that is relative to the prefix without its slash leads where it would at the upstream, which is asked with the slash", () => {
  const cases: [sent: string, rewritten: string][] = [
    ["z", "/a/z"],
    ["z/../y?q#f", "/a/y?q#f"],
    ["./z", "/a/z"],
    ["../v1/z", "/a/z"],
    ["../z", "https://api.test/z"],
    ["?q", "?q"],
    ["#f", "#f"],
    ["", ""],
    ["mailto:z", "mailto:z"],
  ];
  const route = routeOf({ path: "/a/", upstream: "https://api.test/v1" });
  const alone = referencesOf(route, { path: "/a" });
  const byHost = referencesOf(routeOf({ path: undefined, host: "h.test" }), { path: "/x" });
  for (const [sent, rewritten] of cases) {
    assertEquals(alone.field("location", sent), rewritten, sent);
    assertEquals(alone.field("link", `<${sent}>`), `<${rewritten}>`, sent);
  }
  assertEquals(byHost.field("location", "z"), "z");
});

Deno.test("a reference is read as URL parsers do: without tabs, and without what is not visible at its ends", () => {
  assertRewrites("https://api.test/v1", [
    [".\t./z", "/a/z"],
    ["..\t/z", "/a/z"],
    ["%2e\t%2E/z", "/a/z"],
    [" \x00../../z\r\n ", "https://api.test/z"],
    [" /v1/z ", "/a/z"],
    ["/v1/.\t./b/z", "https://api.test/b/z"],
    ["/\t/other.test/z", "//other.test/z"],
    ["ht\ttps://api.test/v1/z", "http://proxy:9099/a/z"],
    ["mail\tto:/../../z", "mailto:/../../z"],
    ["z\t", "z"],
    ["\t", ""],
  ], { path: "/a/x/y" });
});

Deno.test("a backslash is a slash, as in browsers, wherever it might lead out of the route", () => {
  assertRewrites("https://api.test/v1", [
    ["\\b\\z", "https://api.test/b\\z"],
    ["\\v1/z", "/a/z"],
    ["..\\..\\b", "https://api.test/b"],
    ["w\\..\\..\\z", "/a/z"],
    [".\t.\\z", "/a/z"],
    ["https:\\\\api.test/v1/z", "http://proxy:9099/a/z"],
    ["https:/\\api.test/v1/z", "http://proxy:9099/a/z"],
    // For browsers an authority, for others a path.
    ["\\\\other.test/z", "https://api.test/\\other.test/z"],
    ...same("z\\y", "z?..\\..\\", "z#\\..\\.."),
  ], { path: "/a/x/y" });
});

Deno.test("a reference with a scheme and too few slashes leads where it would at the upstream", () => {
  assertRewrites("http://api.test/v1", [
    ["http:/b/z", "http://api.test/b/z"],
    ["http:/v1/z", "/a/z"],
    ["http:../z", "/a/z"],
    ["HTTP:z", "./z"],
    ["http:y:z", "./y:z"],
    ["http:?q", "?q"],
    ["http:#f", "#f"],
    ["http:", ""],
    ["http:\tz", "./z"],
    ["https:/api.test/v1/z", "http://proxy:9099/a/z"],
    ["https:b/z", "https://b/z"],
    ["http:///b/z", "http://b/z"],
    ["ws:/b/z", "ws://b/z"],
  ], { path: "/a/x/y" });
  assertRewrites("http://api.test/v1", [["http:z", "/a/z"], ["http:", ""]], { path: "/a" });
  assertRewrites("https://api.test/v1", [["http:/b/z", "http://b/z"]], { path: "/a/x/y" });
});

Deno.test("a reference keeps all but its dot-segments byte for byte, and may be one that is not valid", () => {
  assertRewrites("https://api.test/v1", [
    ["../\xe9%zz/<b>//c d?\xe9 /../#/..", "/a/\xe9%zz/<b>//c d?\xe9 /../#/.."],
    ["/./v1/z/.", "/a/z/"],
    ["/v1/z/..", "/a/"],
    ["../../..//b", "https://api.test//b"],
    ...same("//[/..", "//h:99999999/..", "https://[/../", "//", "https://", "http://%/..", "//?/../b"),
    [" //[/..", "//[/.."],
    ["\t//h:99999999/..", "//h:99999999/.."],
  ], { path: "/a/x/y" });
  assertRewrites("https://tg.test/bot{token}", [["../z", "/a/z"]], {
    route: { auth_scheme: "" },
    path: "/a/x/y",
  });
});

Deno.test("a bracket within the brackets of a Link hides no reference", () => {
  const rewriter = referencesOf(routeOf({ upstream: "https://api.test/v1" }), { path: "/a/x" });
  const cases: [value: string, rewritten: string][] = [
    ["</b/z<>", "<https://api.test/b/z<>"],
    ["<z<../../b>", "<z<https://api.test/b>"],
    ["<z<//h/../../../../b>; rel=next", "<z<>; rel=next"],
    ['</v1/z>; title="<",</v1/y>', '</a/z>; title="<",</a/y>'],
    ["< //[/..>; rel=next", "<//[/..>; rel=next"],
    ["<../b", "<../b"],
  ];
  for (const [value, rewritten] of cases) assertEquals(rewriter.field("link", value), rewritten);
});

/** What references are made of that parsers read differently. No drive letters: the runtime keeps them in any path. */
const PIECES = (
  "http: https: HTTP: ht\ttp: mailto: //api.test //other.test /v1 /v1/ /b /b/z /a/ / // \\ \\\\ . .. ../ ..\\ /.. /. " +
  "%2e %2E. .%2e/ ? # z ; :8 @ [ %2f \xe9 \xa0"
).split(" ").concat(" ", "\t", "\0", "\r", "\n", ".\t./");

const REFERENCE = fc.array(fc.constantFrom(...PIECES), { maxLength: 9 }).map((pieces) => pieces.join(""));

/** Returns where browsers are led; undefined if the reference is not valid. */
function led(reference: string, base: string): URL | undefined {
  // The runtime's parser throws at three slashes without a scheme, and browsers do not.
  const text = reference.replace(/[\t\r\n]/g, "").replace(/^[\0- ]*(?=\/\/)/, base.replace(/\/.*/s, ""));
  return URL.canParse(text, base) ? new URL(text, base) : undefined;
}

/** Resolves a reference as RFC 3986, section 5.2. */
function plainlyLed(text: string, base: string): string {
  const [, scheme, authority, path = ""] = /^([a-z][a-z0-9+.-]*:)?(\/\/[^/?#]*)?([^?#]*)/is.exec(text)!;
  // Some clients ignore an empty authority.
  if (scheme !== undefined && scheme !== "http:" || (authority ?? "//") !== "//") return "elsewhere";
  const folder = base.slice(0, base.lastIndexOf("/") + 1);
  return removeDotSegments(path.startsWith("/") ? path : path === "" ? base : folder + path);
}

Deno.test("no link leads a client out of the route, wherever it takes the reference to begin", () => {
  const rewriter = referencesOf(routeOf({ upstream: "https://api.test/v1" }), { path: "/a/x" });
  fc.assert(
    fc.property(fc.array(REFERENCE, { maxLength: 4 }), (parts) => {
      const [link = ""] = rewriter.field("link", `<${parts.join("<")}>`)!.split(">");
      for (let at = link.indexOf("<"); at >= 0; at = link.indexOf("<", at + 1)) {
        const reference = link.slice(at + 1);
        const to = led(reference, "http://proxy:9099/a/x");
        assert(to?.host !== "proxy:9099" || /^\/a(?:\/|$)/.test(to.pathname), `${link}: ${to}`);
        const plainly = plainlyLed(reference, "/a/x");
        assert(plainly === "elsewhere" || /^\/a(?:\/|$)/.test(plainly), `${link}: ${plainly}`);
      }
    }),
    runs(1000),
  );
});

Deno.test("no reference leads a client out of the route, where the upstream's own would not", () => {
  const others = [routeOf({ path: "/b/", upstream: "https://other.test" })];
  fc.assert(
    fc.property(
      REFERENCE,
      fc.constantFrom("http", "https"),
      fc.constantFrom("/a", "/a/", "/a/x", "/a/x/y"),
      fc.boolean(),
      (reference, scheme, path, isSecure) => {
        const route = routeOf({ upstream: `${scheme}://api.test/v1` });
        const rewriter = referencesOf(route, { others, path, origin: { isSecure } });
        const meant = led(reference, `${scheme}://api.test/v1/${path.slice(3)}`);
        const rewritten = rewriter.reference(reference);
        const client = `http${isSecure ? "s" : ""}://proxy:9099`;
        const isOther = (to: string) => /^\/b(?:\/|$)/.test(to) && meant?.host === "other.test";
        const isOwn = (to: string) => /^\/a(?:\/|$)/.test(to) || isOther(to);
        const to = led(rewritten, client + path);
        if (to?.host === "proxy:9099") assert(isOwn(to.pathname), `${rewritten}: ${to}`);
        const plainly = plainlyLed(rewritten, path);
        assert(plainly === "elsewhere" || isOwn(plainly), `${rewritten}: ${plainly}`);
        // Some of those lead to the upstream itself.
        if (
          /^http/.test(meant?.protocol ?? "") && meant?.host === "api.test" &&
          meant.pathname.startsWith("/v1/") && !reference.includes("\\")
        ) {
          const pathname = `/a${meant.pathname.slice(3)}`;
          const isSame = to?.pathname === pathname || (to?.pathname === "/a" && pathname === "/a/");
          assert(isSame, `${rewritten}: ${to}, not ${pathname}`);
        }
      },
    ),
    runs(3000),
  );
});

Deno.test("a reference to another route's upstream leads to that route, the longest path first", () => {
  const others = [
    { path: "/up/", upstream: "https://uploads.test" },
    { path: "/v2/", upstream: "https://api.test/v2" },
    { path: "/deep/", upstream: "http://uploads.test/deep/er" },
    { path: "/again/", upstream: "https://uploads.test" },
  ];
  assertRewrites("https://api.test/v1", [
    ["https://uploads.test/x", "http://proxy:9099/up/x"],
    ["https://uploads.test/deep", "http://proxy:9099/up/deep"],
    ["https://uploads.test/deep/er?x=/a#b", "http://proxy:9099/deep/?x=/a#b"],
    ["https://uploads.test/deep/er/x", "http://proxy:9099/deep/x"],
    ["https://uploads.test/deep/err", "http://proxy:9099/up/deep/err"],
    ["//uploads.test/x", "/up/x"],
    ["/v2/x", "/v2/x"],
    ["https://api.test/v2/x", "http://proxy:9099/v2/x"],
    ["/v1/x", "/a/x"],
    ["/v3/x", "https://api.test/v3/x"],
    ...same("https://other.test/v2/x"),
  ], { others });
});

Deno.test("a reference within the route's own upstream stays on the route, whatever other routes there are", () => {
  const others = [{ path: "/b/", upstream: "https://api.test" }, {
    path: "/c/",
    upstream: "https://api.test/deep",
  }];
  assertRewrites("https://api.test", [["https://api.test/deep/x", "http://proxy:9099/a/deep/x"]], { others });
});

Deno.test("a reference to a route by host has its host, with the port that the client used", () => {
  const others = [{ path: undefined, host: "up.internal", upstream: "https://uploads.test/base" }];
  assertRewrites("https://api.test", [
    ["https://uploads.test/base/x", "http://up.internal:9099/x"],
    ["//uploads.test/base/x", "//up.internal:9099/x"],
  ], { others });
  assertRewrites("https://api.test", [["https://uploads.test/base/x", "http://up.internal/x"]], {
    others,
    host: "[::1]",
  });
});

Deno.test("under a route's host no prefix is served, so a reference to a route by prefix stays as it is there", () => {
  const others = [{ path: "/up/", upstream: "https://uploads.test" }, {
    path: undefined,
    host: "other.internal",
    upstream: "https://other.test",
  }];
  assertRewrites("https://api.test", [
    ["https://api.test/x", "http://api.internal/x"],
    ["https://other.test/x", "http://other.internal/x"],
    ...same("https://uploads.test/x"),
  ], { route: { path: undefined, host: "api.internal" }, others, host: "api.internal" });
});

Deno.test("a reference to another route's upstream is not compared with a token in that one's path", () => {
  const token = { current: Secret.of("12345"), former: [] };
  const others = [routeOf({ path: "/tg/", upstream: "https://tg.test/bot{token}", auth_scheme: "" })];
  const rewriter = referencesOf(routeOf(), { token, others });
  for (const text of ["https://tg.test/bot12345/x", "https://tg.test/bot{token}/x"]) {
    assertEquals(rewriter.field("location", text), text);
  }
});

Deno.test("a reference to another route loses the parameters that carry either route's token", () => {
  const token = { current: Secret.of("12345"), former: [] };
  const others = [routeOf({
    path: "/b/",
    upstream: "https://b.test",
    auth_query: "theirs",
    auth_scheme: "",
  })];
  const rewriter = referencesOf(routeOf({ auth_query: "own", auth_scheme: "" }), { token, others });
  assertEquals(
    rewriter.field("location", "https://b.test/x?theirs=any&own=12345&page=2"),
    "http://proxy:9099/b/x?page=2",
  );
  // Elsewhere a parameter of that name may be about something else.
  assertEquals(rewriter.field("location", "https://b.test/x?own=other"), "http://proxy:9099/b/x?own=other");
});

Deno.test("any field may hold URLs: alone, in brackets or quotes, in a list, as a parameter", () => {
  const others = [routeOf({ path: "/up/", upstream: "https://up.test" })];
  const rewriter = referencesOf(routeOf(), { others });
  const cases: [name: string, value: string, rewritten: string][] = [
    ["x-goog-upload-url", "https://up.test/x?id=1", "http://proxy:9099/up/x?id=1"],
    ["operation-location", "https://api.test/o/1", "http://proxy:9099/a/o/1"],
    ["x-url", "HTTPS://API.test/x", "http://proxy:9099/a/x"],
    ["refresh", "5; url=https://api.test/x", "5; url=http://proxy:9099/a/x"],
    // Not the fields in which a URL is only a name, but named like them.
    ["x-etag", "https://api.test/x", "http://proxy:9099/a/x"],
    ["content-type-of", "https://api.test/x", "http://proxy:9099/a/x"],
    ["x-urls", "https://api.test, https://up.test/b;q=1", "http://proxy:9099/a/, http://proxy:9099/up/b;q=1"],
    [
      "x-json",
      '{"a":"https://api.test/x","b":["wss://up.test"]}',
      '{"a":"http://proxy:9099/a/x","b":["ws://proxy:9099/up/"]}',
    ],
    ["x-go-import", "api.test git https://api.test/x.git", "api.test git http://proxy:9099/a/x.git"],
    [
      "www-authenticate",
      'Bearer realm="https://api.test/token",service="https://api.test",scope="https://api.test/s"',
      'Bearer realm="http://proxy:9099/a/token",service="https://api.test",scope="https://api.test/s"',
    ],
    [
      "www-authenticate",
      "Bearer resource_metadata=https://up.test/.well-known/x, error=none",
      "Bearer resource_metadata=http://proxy:9099/up/.well-known/x, error=none",
    ],
    ["www-authenticate", 'Bearer Realm="https://api.test/t"', 'Bearer Realm="http://proxy:9099/a/t"'],
  ];
  for (const [name, value, rewritten] of cases) {
    assertEquals([name, rewriter.field(name, value)], [name, rewritten]);
  }
});

Deno.test("a URL stays as it is within another one, and in a field where it is a name, an origin or somebody's data", () => {
  const rewriter = referencesOf(routeOf());
  const cases: [name: string, value: string][] = [
    ["x-url", "https://other.test/?next=https://api.test/x"],
    ["x-url", "git+https://api.test/x"],
    ["x-url", "/login?next=https%3A//api.test/x"],
    ["www-authenticate", 'Basic realm="/x"'],
    ["etag", '"https://api.test/x"'],
    ["content-type", 'application/json; profile="https://api.test/x"'],
    ["access-control-allow-origin", "https://api.test"],
    ["content-security-policy", "default-src https://api.test"],
    ["x-oauth-scopes", "https://api.test/auth/drive"],
    ["x-amz-meta-source", "https://api.test/x"],
    ["x-goog-meta-source", "https://api.test/x"],
  ];
  for (const [name, value] of cases) assertEquals([name, rewriter.field(name, value)], [name, value]);
});

Deno.test("a URL is secure only where a balancer says that the client's connection is", () => {
  const origin = (value?: string) =>
    clientOrigin("h", new Headers(value === undefined ? {} : { "x-forwarded-proto": value })).isSecure;
  assertEquals(["https", "HTTPS", "https, http"].map(origin), [true, true, true]);
  assertEquals([undefined, "http", "http, https", "httpsx", ""].map(origin), [
    false,
    false,
    false,
    false,
    false,
  ]);
  const rewriter = referencesOf(routeOf(), { origin: { isSecure: true, host: "gateway.internal" } });
  assertEquals(rewriter.field("location", "http://api.test/b"), "https://gateway.internal/a/b");
  assertEquals(rewriter.field("x-socket", "wss://api.test/b"), "wss://gateway.internal/a/b");
});

/** Returns a cookie as a client of the route `/a/` to `https://api.test/v1` gets it. */
function cookie(
  value: string,
  { route = {}, isSecure = false }: { route?: object; isSecure?: boolean } = {},
) {
  const config = routeOf({ upstream: "https://api.test/v1", ...route });
  return fitCookie(value, {
    references: new RouteReferences(config, { current: Secret.of("12345"), former: [] }),
    isSecure,
  });
}

Deno.test("a cookie's path is that of the route, and one that the route does not lead to is dropped", () => {
  const cases: [path: string, fitted: string | undefined][] = [
    ["/", "/a"],
    ["/v1", "/a"],
    ["/v1/", "/a"],
    ["/v1/b", "/a/b"],
    ["/v1/b/", "/a/b/"],
    ["/v1/b=c", "/a/b=c"],
    // In quotes, which curl removes.
    ['"/"', "/a"],
    ['"/v1/b', "/a/b"],
    ['/v1/"b', '/a/"b'],
    ['"/other"', undefined],
    ["/v10", undefined],
    ["/v", undefined],
    ["/other", undefined],
  ];
  for (const [path, fitted] of cases) {
    assertEquals([path, cookie(`n=v; Path=${path}`)], [
      path,
      fitted === undefined ? undefined : `n=v; Path=${fitted}`,
    ]);
  }
  // It is the request's own.
  for (const none of ["n=v", "n=v; Path", "n=v; Path=", "n=v; Path=b", "n=v; Path=\\b"]) {
    assertEquals(cookie(none), "n=v", none);
  }
  assertEquals(cookie("n=v; Path=/; Path=/v1/b; Secure"), "n=v; Path=/a/b");
  assertEquals(cookie("n=v;Path=/v1/b;Secure;HttpOnly"), "n=v;HttpOnly; Path=/a/b");
  // Python takes these for white space.
  assertEquals(cookie("n=v;\x85Path\x1f=\xa0/"), "n=v; Path=/a");
  assertEquals(cookie("n=v; path = /b ", { route: { upstream: "https://api.test" } }), "n=v; Path=/a/b");
  assertEquals(
    cookie("n=v; Path=/b", { route: { path: "/", upstream: "https://api.test" } }),
    "n=v; Path=/b",
  );
  assertEquals(cookie("n=v; Path=/", { route: { path: "/", upstream: "https://api.test" } }), "n=v; Path=/");
  const deep = { upstream: "https://api.test/v1/b" };
  assertEquals(["/v1", "/b"].map((path) => cookie(`n=v; Path=${path}`, { route: deep })), [
    "n=v; Path=/a",
    undefined,
  ]);
  const inPath = { upstream: "https://api.test/bot{token}", auth_scheme: "" };
  assertEquals(cookie("n=v; Path=/bot12345/b", { route: inPath }), "n=v; Path=/a/b");
});

Deno.test("a cookie for the prefix without its slash gets the route's path, since its own would be above the route", () => {
  const paths: [path: string | undefined, fitted: string][] = [
    ["/a", "n=v; Path=/a"],
    ["/a/", "n=v"],
    ["/a/b", "n=v"],
    [undefined, "n=v"],
  ];
  for (const [path, fitted] of paths) {
    const rewriter = referencesOf(routeOf(), path === undefined ? {} : { path });
    assertEquals([path, rewriter.field("set-cookie", "n=v")], [path, fitted]);
  }
});

Deno.test("a cookie has no Domain, and is not Secure where the client has no TLS", () => {
  assertEquals(
    cookie("n=a=b; Domain=.api.test; Max-Age=5; SECURE; SameSite=None; Partitioned; HttpOnly"),
    "n=a=b; Max-Age=5; HttpOnly",
  );
  assertEquals(cookie("n; SameSite=Lax"), "n; SameSite=Lax");
  assertEquals(
    cookie("n=v; Domain=api.test; Secure; SameSite=None; Partitioned", { isSecure: true }),
    "n=v; Secure; SameSite=None; Partitioned",
  );
  // Without it no client would accept such a name.
  assertEquals(cookie("__Host-n=v; Path=/; Secure")?.includes("; Secure;"), true);
  assert(cookie("__secure-n=v; Secure")?.endsWith("; Secure"));
  assert(cookie(" __Secure-n=v; Secure")?.endsWith("; Secure"));
  assertEquals(cookie("a__Secure-n=v; Secure; SAMESITE=NONE"), "a__Secure-n=v");
});

Deno.test("a field as long as a head may be is rewritten in an instant, whatever it says", async () => {
  const long = 60_000;
  const fields: [name: string, value: string][] = [
    ["x-next", `https://api.test/${",".repeat(long)}b`],
    ["set-cookie", `n=v; a${" ".repeat(long)}b`],
    ["set-cookie", `n=v; Path=/v1/${" ".repeat(long)}b`],
    ...[" ", "\t", "/", "\\", "../", ".", "a", "a:", "?", "%2e"].flatMap((piece): [string, string][] => [
      ["location", `b${piece.repeat(long / piece.length)}b`],
      ["location", `${piece.repeat(long / piece.length)}..`],
    ]),
    ["link", "<".repeat(long)],
    ["link", "<>".repeat(long / 2)],
    ["link", `<${"a".repeat(long)}`],
  ];
  const rewriter = referencesOf(routeOf(), { path: "/a/x" });
  for (const [name, value] of fields) {
    const took = await shortestTime(() => rewriter.field(name, value), 500);
    assert(took < 500, `${name}: ${took} ms`);
  }
});

Deno.test("a relative reference loses the parameter that carries the token, also one that names another place in its query", () => {
  assertRewrites("https://api.test", [
    ["b?own=1&next=https://other.test/", "b?next=https://other.test/"],
    ["b?next=//other.test/&own=1", "b?next=//other.test/"],
    ...same(
      "b",
      "b#own=1",
      "https://other.test/b#f",
      "https://other.test/b?own=1",
      "//other.test/b?own=1",
      "mailto:x?own=1",
    ),
  ], { route: { auth_query: "own", auth_scheme: "" } });
});
