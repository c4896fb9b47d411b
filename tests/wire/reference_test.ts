/**
 * References between the upstream and the client: those of responses lead to routes, those of requests to the upstream.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { sha256 } from "../../lib/core/sha256.ts";
import { TOKEN, useFixture } from "../support/fixture.ts";
import { startService } from "../support/service.ts";
import { startUpstream } from "../support/upstream.ts";
import { request } from "../support/wire.ts";

const fixture = useFixture({
  routes: (upstream) => [
    { path: "/a/", upstream: `${upstream}/own` },
    { path: "/b/", upstream: `${upstream}/other` },
    { path: "/dav/", upstream: `${upstream}/dav`, methods: ["MOVE", "COPY"] },
    { path: "/tg/", upstream: `${upstream}/bot{token}`, auth_scheme: "" },
    { path: "/jar/", upstream: `${upstream}/jar`, cookies: true },
    { path: "/narrow/", upstream, paths: ["public/**"] },
    { path: "/all/", upstream },
  ],
});

function head(line: string, fields: readonly string[] = []): string {
  return [`${line} HTTP/1.1`, "Host: proxy:9099", "Content-Length: 0", ...fields, "", ""].join("\r\n");
}

Deno.test("a URL of an upstream in any field leads to its route, under the Host that the client used", async () => {
  const { url } = fixture.upstream;
  const other = url.replace("http:", "https:");
  const { response } = await fixture.ask(head("GET /a/x"), (exchange) =>
    exchange.respond(200, [
      ["Link", `<${url}/own/x?page=2>; rel="next", </own/y>; rel="last"`],
      ["X-Goog-Upload-URL", `${url}/other/up?id=1`],
      ["Operation-Location", `${other}/own/o/1`],
      ["Location", `${url}/elsewhere`],
    ]));
  const fields = ["link", "x-goog-upload-url", "operation-location", "location"];
  assertEquals(fields.map((name) => response.field(name)), [
    '<http://proxy:9099/a/x?page=2>; rel="next", </a/y>; rel="last"',
    "http://proxy:9099/b/up?id=1",
    "http://proxy:9099/a/o/1",
    `http://proxy:9099/narrow/elsewhere`,
  ]);
});

Deno.test("behind a balancer that terminates TLS, such a URL is one of https", async () => {
  const { response } = await fixture.ask(
    head("GET /a/x", ["X-Forwarded-Proto: https"]),
    (exchange) => exchange.respond(302, { Location: `${fixture.upstream.url}/other/y` }),
  );
  assertEquals(response.field("location"), "https://proxy:9099/b/y");
});

Deno.test("no reference leads to a route that the client may not use", async () => {
  await using upstream = startUpstream((exchange) =>
    exchange.respond(200, { "X-Next": `${upstream.url}/other/x`, "Location": `${upstream.url}/own/y` })
  );
  const route = (path: string, base: string) => ({
    path,
    upstream: `${upstream.url}/${base}`,
    auth_scheme: "Bearer",
    token_env: "A_TOKEN",
  });
  await using service = await startService({
    routes: {
      routes: [route("/a/", "own"), route("/b/", "other")],
      clients: [
        { name: "one", token_sha256: sha256("one-token-Wq7Zt2LmK9xB"), routes: ["/a/"] },
        { name: "two", token_sha256: sha256("two-token-Wq7Zt2LmK9xB"), routes: { "/a/": {}, "/b/": {} } },
        { name: "all", token_sha256: sha256("all-token-Wq7Zt2LmK9xB"), routes: "*" },
      ],
    },
    env: { A_TOKEN: TOKEN },
  });
  for (
    const [client, next] of [["one", `${upstream.url}/other/x`], ["two", "http://p/b/x"], [
      "all",
      "http://p/b/x",
    ]]
  ) {
    const response = await request(
      service.port,
      `GET /a/x HTTP/1.1\r\nHost: p\r\nAuthorization: Bearer ${client}-token-Wq7Zt2LmK9xB\r\n\r\n`,
    );
    assertEquals([response.field("x-next"), response.field("location")], [next, "http://p/a/y"], client);
  }
});

Deno.test("a Destination on the route leads to the upstream, in the form that it had", async () => {
  const { url } = fixture.upstream;
  const cases: [sent: string, forwarded: string][] = [
    ["http://proxy:9099/dav/b%20c", `${url}/dav/b%20c`],
    ["https://PROXY:9099/dav/b", `${url}/dav/b`],
    ["/dav/b", "/dav/b"],
    [`${url}/dav/b`, `${url}/dav/b`],
  ];
  for (const [sent, forwarded] of cases) {
    const { seen } = await fixture.ask(head("MOVE /dav/a", [`Destination: ${sent}`]));
    assertEquals([sent, seen?.field("destination")], [sent, forwarded]);
  }
  // Nothing that a route to the whole upstream leads to can be left.
  for (const sent of ["container/object", "/container/object", "https://other.test/dav/b"]) {
    const { seen } = await fixture.ask(head("MOVE /all/a", [`Destination: ${sent}`]));
    assertEquals(seen?.field("destination"), sent);
  }
  const { seen } = await fixture.ask(head("POST /a/x", ["Destination: http://proxy:9099/dav/b"]));
  assertEquals(seen?.field("destination"), "http://proxy:9099/dav/b");
});

Deno.test("a Destination that leads to another route, or out of the upstream's path, is refused", async () => {
  const cases: [line: string, destination: string, status: number][] = [
    ["MOVE /dav/a", "http://proxy:9099/a/b", 400],
    ["COPY /dav/a", "http://proxy:9099/dav/../b", 400],
    ["COPY /dav/a", "http://proxy:9099/dav/%2e%2e/b", 400],
    ["COPY /dav/a", "http://proxy:9099/dav/b#c", 400],
    ["COPY /dav/a", "http://proxy:9099/dav/b/..%00/c", 403],
    ["COPY /dav/a", "http:\\\\proxy:9099\\a\\b", 400],
    ["COPY /dav/a", "/dav\\..\\b", 400],
    ["COPY /dav/a", "http:/own/b", 400],
    ["MOVE /tg/a", "http://proxy:9099/tg/b", 400],
    ["MOVE /narrow/public/a", "http://proxy:9099/narrow/b", 403],
    ["COPY /dav/a", "/own/b", 400],
    ["COPY /dav/a", "/davb", 400],
    ["COPY /dav/a", "container/object", 400],
    ["COPY /dav/a", "https://other.test/own/b", 400],
  ];
  const { url } = fixture.upstream;
  const named = [
    `${url}/own/b`,
    `${url}/davb`,
    `${url}/dav/../own/b`,
    url.replace("//", "//user@") + "/own/b",
  ];
  cases.push(...named.map((each) => ["COPY /dav/a", each, 400] as [string, string, number]));
  for (const [line, destination, status] of cases) {
    const { response, seen } = await fixture.ask(head(line, [`Destination: ${destination}`]));
    assertEquals([destination, response.status, seen], [destination, status, undefined]);
  }
});

Deno.test("the resources that an If names are those of the upstream, and its tokens and tags stay", async () => {
  const { url } = fixture.upstream;
  const cases: [sent: string, forwarded: string][] = [
    ["(<urn:uuid:1>)", "(<urn:uuid:1>)"],
    [
      '<http://proxy:9099/dav/b> (Not <urn:uuid:1> [W/"<http://proxy:9099/dav/b>) ("])(["x"]) </dav/c> (<DAV:no-lock>)',
      `<${url}/dav/b> (Not <urn:uuid:1> [W/"<http://proxy:9099/dav/b>) ("])(["x"]) </dav/c> (<DAV:no-lock>)`,
    ],
    ['"anything else"', '"anything else"'],
  ];
  for (const [sent, forwarded] of cases) {
    for (const method of ["MOVE", "COPY"]) {
      const { seen } = await fixture.ask(head(`${method} /dav/a`, [`If: ${sent}`]));
      assertEquals([sent, seen?.field("if")], [sent, forwarded]);
    }
  }
  const refused = [
    "<http://proxy:9099/a/b> (<urn:uuid:1>)",
    "</own/b> (<urn:uuid:1>)",
    "<http://proxy:9099/dav/../b> (<urn:uuid:1>)",
    "<http://proxy:9099/dav/b (<urn:uuid:1>)",
    "(<urn:uuid:1>) x <http://proxy:9099/a/b> (<urn:uuid:2>)",
  ];
  for (const sent of refused) {
    const { response, seen } = await fixture.ask(head("COPY /dav/a", [`If: ${sent}`]));
    assertEquals([sent, response.status, seen], [sent, 400, undefined]);
  }
});

Deno.test("no field leads out of the path of an upstream", async () => {
  const dropped = ["X-Original-URL: /other/x", "X_Rewrite_URL: /other/x", "X-Forwarded-Prefix: /other"];
  const { seen } = await fixture.ask(head("GET /a/x", dropped));
  assertEquals(seen?.fields.filter(([name]) => /^x[-_]/i.test(name)), []);
  const cases: [value: string, status: number][] = [
    ["/own/b", 200],
    ["own/b?versionId=1", 200],
    ["/other/b", 403],
    ["other/b", 403],
    ["/own/../other/b", 403],
    ["/own/%2e%2e/other/b", 403],
    ["/ownb", 403],
    ["%2Fown%2Fb", 403],
  ];
  for (const [value, status] of cases) {
    const { response } = await fixture.ask(head("PUT /a/x", [`X-Amz-Copy-Source: ${value}`]));
    assertEquals([value, response.status], [value, status]);
  }
  const whole = await fixture.ask(head("GET /all/x", dropped));
  assertEquals(whole.seen?.field("x-original-url"), "/other/x");
});

Deno.test("a reference that leads out of the route, to whatever is there at the proxy, leads to the upstream instead", async () => {
  const { url } = fixture.upstream;
  const cases: [sent: string, rewritten: string][] = [
    ["/b/x", "/narrow/b/x"],
    ["../../b/x", "/narrow/b/x"],
    ["../x", "/a/x"],
    ["./x/../../y?z#f", "/a/y?z#f"],
    ["/own/x/../../b/y", "/narrow/b/y"],
    [`${url}/own/%2e%2e/other/y`, "http://proxy:9099/b/y"],
    [`${url}/own/.%2E/other/y`, "http://proxy:9099/b/y"],
    ["y", "y"],
    ["?y", "?y"],
  ];
  for (const [sent, rewritten] of cases) {
    const { response } = await fixture.ask(
      head("GET /a/folder/x"),
      (exchange) => exchange.respond(302, { Location: sent }),
    );
    assertEquals([sent, response.field("location")], [sent, rewritten]);
  }
  // The upstream is asked for the path with a slash.
  for (
    const [sent, rewritten] of [["y", "/a/y"], ["../own/y", "/a/y"], ["../b/x", "/narrow/b/x"], ["?y", "?y"]]
  ) {
    const { response } = await fixture.ask(
      head("GET /a"),
      (exchange) => exchange.respond(302, { Location: sent! }),
    );
    assertEquals([sent, response.field("location")], [sent, rewritten]);
  }
  await using upstream = startUpstream((exchange) => exchange.respond(302, { Location: "/b/x" }));
  await using service = await startService({
    routes: {
      routes: [
        { path: "/a/", upstream: `${upstream.url}/own`, auth_scheme: "Bearer", token_env: "A_TOKEN" },
        { path: "/b/", upstream: "http://127.0.0.1:9", auth_scheme: "Bearer", token_env: "A_TOKEN" },
      ],
    },
    env: { A_TOKEN: TOKEN },
  });
  const { field } = await request(service.port, head("GET /a/x"));
  assertEquals(field("location"), `${upstream.url}/b/x`);
});

Deno.test("a reference that parsers read differently leads out of no route, and one that none can read fails no response", async () => {
  const { url } = fixture.upstream;
  const cases: [sent: string, rewritten: string][] = [
    ["http:/own/y", "/a/y"],
    ["http:../../b/y", "/narrow/b/y"],
    ["..\t/..\t/b/y", "/narrow/b/y"],
    ["%2e\t%2e/y", "/a/y"],
    ["\\b\\y", "/narrow/b\\y"],
    ["..\\y", "/a/y"],
    ["/own/.\t./b/y", "/narrow/b/y"],
    ["//[/..", "//[/.."],
    ["a\t//[/..", "/a/folder/a//"],
    ["//h:99999999/..", "//h:99999999/.."],
    [`${url}/own/../[`, "http://proxy:9099/narrow/["],
  ];
  for (const [sent, rewritten] of cases) {
    const { response } = await fixture.ask(
      head("GET /a/folder/x"),
      (exchange) => exchange.respond(302, { Location: sent, Link: `< ${sent}>; rel=next` }),
    );
    assertEquals([sent, response.status, response.field("location"), response.field("link")], [
      sent,
      302,
      rewritten,
      `<${rewritten}>; rel=next`,
    ]);
  }
});

Deno.test("a cookie of the prefix without its slash is for the route, not for what is above it", async () => {
  for (
    const [target, cookie] of [["/jar", "n=v; Path=/jar"], ["/jar/", "n=v"], ["/jar/x?y", "n=v"]] as const
  ) {
    const { response } = await fixture.ask(
      head(`GET ${target}`),
      (exchange) => exchange.respond(200, { "Set-Cookie": "n=v" }),
    );
    assertEquals([target, response.field("set-cookie")], [target, cookie]);
  }
});
