import { assert, assertEquals, assertMatch } from "@std/assert";
import { parseRoutes } from "../../lib/config/route/route_table.ts";
import { type Problem, problemsOf, type Result } from "../../lib/core/result.ts";
import type { RouteConfig, RouteTable } from "../../lib/config/route/route_config.ts";
import { codesOf, linesOf, valueOf } from "../support/result.ts";

const LEAST = { path: "/a/", upstream: "https://a.example", auth_scheme: "Bearer", token_env: "A_TOKEN" };

/** Parses a table of one route. */
function parseOne(fields: Record<string, unknown>): Result<RouteTable> {
  return parseRoutes(JSON.stringify({ routes: [{ ...LEAST, ...fields }] }));
}

function accepts(fields: Record<string, unknown>): RouteConfig {
  const [route] = valueOf(parseOne(fields)).routes;
  if (route === undefined) throw new Error("No route");
  return route;
}

/** Asserts one problem, at this field; returns it. */
function rejects(field: string, value: unknown): Problem {
  const result = parseOne({ [field]: value });
  const [problem, ...others] = problemsOf(result);
  if (problem === undefined) throw new Error(`${field} ${JSON.stringify(value)} was accepted`);
  assertEquals(others, []);
  assertEquals(problem.path, `routes[0].${field}`);
  return problem;
}

Deno.test("parseRoutes() fills in what a route leaves out", () => {
  assertEquals(accepts({}), {
    path: "/a/",
    host: undefined,
    upstream: { scheme: "https", host: "a.example", port: 443, authority: "a.example", base: "" },
    authHeader: "Authorization",
    authScheme: "Bearer",
    authUser: undefined,
    authQuery: undefined,
    tokenEnv: "A_TOKEN",
    tokenFile: undefined,
    tokenFrom: undefined,
    signWith: undefined,
    anonymous: false,
    signBodyLimit: 33_554_432,
    setHeaders: new Map(),
    addHeaders: new Map(),
    dropHeaders: new Set(),
    keepHeaders: new Set(),
    dropQuery: new Set(),
    keepQuery: new Set(),
    methods: undefined,
    paths: undefined,
    browsers: false,
    websocket: true,
    websocketPingMs: 30_000,
    limits: { requestsPerMinute: undefined, maxInFlight: undefined },
    cookies: false,
    scrub: true,
    connectTimeoutMs: 10_000,
    responseTimeoutMs: 600_000,
  });
});

Deno.test("parseRoutes() accepts every field", () => {
  const route = accepts({
    auth_scheme: "basic",
    auth_header: "X-Auth",
    auth_user: "x-access-token",
    set_headers: { "User-Agent": "one two", "x-empty": "" },
    add_headers: { "Anthropic-Beta": "b\u00e9ta" },
    cookies: true,
    scrub: false,
    connect_timeout_s: 0.25,
    response_timeout_s: 86_400,
  });
  assertEquals(route.authScheme, "basic");
  assertEquals(route.authHeader, "X-Auth");
  assertEquals(route.authUser, "x-access-token");
  assertEquals([...route.setHeaders], [["user-agent", "one two"], ["x-empty", ""]]);
  assertEquals([...route.addHeaders], [["anthropic-beta", "b\u00e9ta"]]);
  assertEquals([route.cookies, route.scrub], [true, false]);
  assertEquals([route.connectTimeoutMs, route.responseTimeoutMs], [250, 86_400_000]);
});

Deno.test("parseRoutes() accepts the bare token and an empty user", () => {
  assertEquals(accepts({ auth_scheme: "" }).authScheme, "");
  assertEquals(accepts({ auth_scheme: "Basic", auth_user: "" }).authUser, "");
});

Deno.test("parseRoutes() puts the longest prefix first", () => {
  const routes = ["/", "/a/", "/a/b/c/", "/a/b/"].map((path) => ({ ...LEAST, path }));
  const result = parseRoutes(JSON.stringify({ $schema: "x", routes }));
  assertEquals(valueOf(result).routes.map((route) => route.path), ["/a/b/c/", "/a/b/", "/a/", "/"]);
});

Deno.test("parseRoutes() gives an upstream its one spelling", () => {
  const spellings: [text: string, authority: string, host: string, port: number, base: string][] = [
    ["http://a", "a", "a", 80, ""],
    ["HTTPS://API.Example.COM/", "api.example.com", "api.example.com", 443, ""],
    ["https://a.example:443/base/", "a.example", "a.example", 443, "/base"],
    ["https://a.example:80", "a.example:80", "a.example", 80, ""],
    ["http://a:65535/v1/x.y~", "a:65535", "a", 65_535, "/v1/x.y~"],
    ["http://10.0.0.1:8080", "10.0.0.1:8080", "10.0.0.1", 8080, ""],
    ["http://[::1]:8080", "[::1]:8080", "::1", 8080, ""],
    ["https://[2001:DB8:0::1]/x", "[2001:db8::1]", "2001:db8::1", 443, "/x"],
    [
      "http://under_score.svc.cluster.local",
      "under_score.svc.cluster.local",
      "under_score.svc.cluster.local",
      80,
      "",
    ],
  ];
  for (const [text, authority, host, port, base] of spellings) {
    const scheme = /^https/i.test(text) ? "https" : "http";
    assertEquals(accepts({ upstream: text }).upstream, { scheme, host, port, authority, base }, text);
  }
});

Deno.test("parseRoutes() rejects an upstream that some reader would fold or mistake for another", () => {
  const bad = [
    ..."a.example //a.example https:a.example https:/a.example https:///a ftp://a ws://a https://".split(" "),
    ..."https://a/../b https://a/. https://a//b https://a/b/.. https://a/%2e%2e/ https://a/?q https://a#f"
      .split(" "),
    ..."https://a? https://a/# https://u@a https://u:p@a https://@a https://:@a".split(" "),
    ..."https://a: https://a:0 https://a:65536 https://a:080 https://a:x https://a:1:2 https://a:-1".split(
      " ",
    ),
    ..."https://::1 https://[::1 https://[fe80::1%25eth0] https://[fe80::1%eth0] https://[] https://[1]"
      .split(" "),
    ..."https://127.1 https://0x7f.0.0.1 https://2130706433 https://a. https://.a https://a..b https://-a"
      .split(" "),
    ..."https://256.1.1.1 https://a%2eb https://*.a https://a,b".split(" "),
    ...[
      "https://a /b",
      " https://a",
      "https://a\t/b",
      "https://a\n",
      "https:\\\\a",
      "https://a\\b",
      "https://\u00e4.example",
    ],
    `https://${"a".repeat(64)}.example`,
  ];
  for (const upstream of bad) rejects("upstream", upstream);
});

Deno.test("parseRoutes() accepts plain prefixes only", () => {
  for (const path of ["/", "/a/", "/a/b-c_d.e~f/", "/..a/", "/.well-known/", "/a:b@c;d=e,f/", "/!$&'()*+/"]) {
    assertEquals(accepts({ path }).path, path);
  }
  const bad = [
    ...[
      "",
      "a/",
      "/a",
      "//",
      "/a//b/",
      "/./",
      "/../",
      "/a/../b/",
      "/a/.",
      "/%2e%2e/",
      "/%61/",
      "/a?/",
      "/a#/",
      "/a b/",
    ],
    ...["/a\\b/", "/a\t/", "/\u0000/", "/\u00e9/", '/"/', "/<a>/", "/[a]/", "/{a}/", "/a|b/", "/a^/", "/`/"],
  ];
  for (const path of bad) rejects("path", path);
});

Deno.test("parseRoutes() accepts one word as the scheme, the field and the variable", () => {
  for (const scheme of ["Bearer", "token", "Basic", "AWS4-HMAC-SHA256", "ApiKey-v1"]) {
    accepts({ auth_scheme: scheme });
  }
  for (const scheme of ["Bearer ", "a b", "Bearer:", "a\r\nb", "\u00e9"]) rejects("auth_scheme", scheme);
  for (const name of ["X-Api-Key", "x-goog-api-key", "PRIVATE-TOKEN"]) accepts({ auth_header: name });
  for (const name of ["", "a b", "a:", "Host", "TE", "content-length", "Connection", "proxy-authorization"]) {
    rejects("auth_header", name);
  }
  for (const name of ["A", "_a", "Gh_Token2", "OPENAI_API_KEY"]) accepts({ token_env: name });
  for (
    const name of [
      "",
      "2A",
      "A-B",
      "A B",
      "A=B",
      "$A",
      "\u00c9",
      "CRED_PROXY_TOKEN",
      "HTTPS_PROXY",
      "no_proxy",
    ]
  ) {
    rejects("token_env", name);
  }
});

Deno.test("parseRoutes() rejects an auth_user that Basic can't carry", () => {
  for (const user of ["a:b", "a\n", "\u00e9"]) {
    const result = parseOne({ auth_scheme: "Basic", auth_user: user });
    assertEquals(codesOf(result), ["routes[0].auth_user: invalid_auth_user"]);
    assertMatch(linesOf(result).join(), /\(the value is not shown\)$/);
  }
});

Deno.test("parseRoutes() rejects invalid times", () => {
  for (const time of [0, -1, 86_401, 1e300, "1", null, true]) rejects("connect_timeout_s", time);
});

Deno.test("parseRoutes() rejects a key where the name of a variable belongs, and does not print it", () => {
  const keys = [
    "ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8",
    "AKIAIOSFODNN7EXAMPLE",
    "sk_live_51H8abcdEFGHijkl2345",
    "hf_AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGh",
    "AIzaSyA1234567890abcdefghijklmnopqrstuv",
  ];
  for (const key of keys) {
    const { code, message } = rejects("token_env", key);
    assertEquals(code, "invalid_variable_name");
    assert(!message.includes(key.slice(-12)), key);
  }
});

Deno.test("parseRoutes() reports every problem of a bad table, each with its path and code", async (t) => {
  const folder = new URL("../testdata/bad_tables/", import.meta.url);
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) =>
    name.endsWith(".json")
  );
  assert(names.length > 0);
  for (const name of names.toSorted()) {
    await t.step(name, () => {
      const result = parseRoutes(Deno.readTextFileSync(new URL(name, folder)));
      const codes = codesOf(result).map((line) => `${line}\n`).join("");
      assertEquals(codes, Deno.readTextFileSync(new URL(name.replace(".json", ".txt"), folder)));
      assert(!linesOf(result).join().includes("hunter2"), "a secret is printed");
    });
  }
});
