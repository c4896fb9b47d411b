/**
 * Attacks by fields: no Host selects another upstream, no field affects the credential, and no field becomes two.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import {
  AFTER,
  type Attack,
  CUT,
  REFUSED,
  requestText,
  responsesTo,
  SERVED,
  useAttackFixture,
} from "../support/attack_fixture.ts";
import { TOKEN } from "../support/fixture.ts";

const fixture = useAttackFixture((upstream) => [
  { path: "/key/", upstream, auth_scheme: "", auth_header: "X-Api-Key" },
  { path: "/own/", upstream, auth_header: "X-Own" },
  {
    path: "/choosy/",
    upstream,
    drop_headers: ["X-Team"],
    keep_headers: ["X-Session-Token"],
    drop_query: ["token"],
    keep_query: ["key"],
  },
  { path: "/narrow/", upstream, methods: ["POST"], paths: ["x"] },
]);

function get(...fields: readonly string[]): string {
  return requestText("GET /a/x", fields);
}

function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 20)}… (${text.length})` : text);
}

/** A request with these fields for Host. */
function hosted(fields: readonly string[], got: readonly string[], target = "/a/x"): Attack {
  const name = `${fields.map(shown).join(" and ") || "no Host"}${target === "/a/x" ? "" : ` for ${target}`}`;
  const sent = [`GET ${target} HTTP/1.1`, ...fields, "", ""].join("\r\n");
  return [name, sent, got, got === SERVED ? [["GET /x"]] : []];
}

Deno.test("a Host that is a name or an address is accepted, and the upstream gets its own", (test) => {
  const hosts = [
    "proxy",
    "PROXY",
    "proxy.",
    "a.b-c_d.internal",
    "xn--caf-dma",
    "proxy:",
    "proxy:0",
    "proxy:80",
    "proxy:65535",
    "proxy:99999",
    "localhost",
    "127.0.0.1",
    "0x7f.1",
    "2130706433",
    "[::1]",
    "[::1]:80",
    "[::1]:",
    "[::ffff:127.0.0.1]",
    "\tproxy\t",
    "http:",
    "x".repeat(300),
  ];
  return fixture.run(test, hosts.map((host) => hosted([`Host: ${host}`], SERVED)));
});

Deno.test("a missing, empty or invalid Host is refused", (test) => {
  const hosts = [
    "",
    " ",
    "a b",
    "a, b",
    "a,b",
    "a;b",
    "a/b",
    "/",
    "?",
    "#",
    "*",
    "proxy/a/x",
    "proxy/a/x?",
    "proxy/a/x?y",
    "proxy/a/x#",
    "proxy/../b",
    "proxy?",
    "proxy#",
    "//proxy",
    "http://proxy",
    "user@proxy",
    "user:password@proxy",
    "@proxy",
    "proxy@",
    "pro\\xy",
    "proxy\\",
    "proxy%2fx",
    "%70roxy",
    "proxy:-1",
    "proxy:+1",
    "proxy:0x50",
    "proxy:8o",
    "proxy:100000",
    "proxy:80:80",
    "proxy::80",
    ":80",
    ":",
    "::1",
    "[::1",
    "::1]",
    "[]",
    "[::1]x",
    "[::1]80",
    "[::1%25eth0]",
    "[::1%eth0]",
    "[v1.x]",
    "[::1]/a/x?",
    "caf\xe9",
    "\xff",
    ...'!$&()+=^`{|}~"<>'.split("").map((char) => `pro${char}xy`),
    "pro'xy",
  ];
  return fixture.run(test, [
    hosted([], REFUSED),
    ...hosts.map((host) => hosted([`Host: ${host}`], REFUSED)),
    hosted(["Host: proxy/a/x?"], REFUSED, "/../b"),
    hosted(["Host: proxy/a"], REFUSED, "/x"),
    hosted(["Host: other"], REFUSED, "http://proxy/a/x"),
    hosted(["Host: proxy/a"], REFUSED, "http://proxy/a/x"),
    hosted([], REFUSED, "http://proxy/a/x"),
  ]);
});

Deno.test("a repeated or malformed Host line is refused", (test) =>
  fixture.run(test, [
    hosted(["Host: proxy", "Host: proxy"], CUT),
    hosted(["Host: proxy", "Host: other"], CUT),
    hosted(["Host: proxy", "HOST: proxy"], CUT),
    hosted(["Host : proxy"], CUT),
    hosted([" Host: proxy"], CUT),
    hosted(["Host: proxy\r\n other"], CUT),
    hosted(["Host: \0"], CUT),
    hosted(["Host: pro\0xy"], CUT),
    hosted(["Host: pro\x7fxy"], CUT),
    hosted(["Host: proxy\x0b"], CUT),
    hosted(["Host: pro\rxy"], CUT),
    hosted([`Host: ${"x".repeat(70 * 1024)}`], CUT),
  ]));

Deno.test("a field that names another host, path or method has no special meaning", (test) => {
  const fields = [
    "forwarded: host=other",
    "x-forwarded-for: 127.0.0.1",
    "x-forwarded-host: other",
    "x-http-method-override: TRACE",
    "x-original-url: /hidden",
    "x-rewrite-url: /hidden",
  ];
  return fixture.run(test, [["six of them", get(...fields), SERVED, [["GET /x", fields]]]]);
});

Deno.test("the client's own credential is dropped, however it is spelled", (test) => {
  const fields: readonly (readonly string[])[] = [
    ["Authorization: mine", "Authorization: mine as well"],
    ["aUTHORIZATION: mine"],
    ["Authorization:"],
    ["Authorization: caf\xe9"],
    ["Authorization:\tmine\t"],
    ["Authorization: mine", "Connection: authorization"],
    ["Proxy-Authorization: mine", "X-Api-Key: mine", "X-Goog-Api-Key: mine", "api-key: mine", "Cookie: mine"],
    ["x-API-key: mine", "X-Api-Key: mine as well"],
    [`Authorization: Bearer ${"x".repeat(60_000)}`],
  ];
  return fixture.run(
    test,
    fields.map((each) => [each.map(shown).join(" and "), get(...each), SERVED, [["GET /x"]]]),
  );
});

Deno.test("Connection removes the fields of the client that it names, and never the service's", (test) => {
  const names = [
    "authorization",
    "Authorization",
    "host",
    "content-length",
    "transfer-encoding",
    "x-api-key",
    "connection",
    "upgrade",
    '"x-a"',
    "x-a;q=1",
    "x-a x-b",
    "*",
    "",
    ",",
  ];
  return fixture.run(test, [
    ...names.map((name): Attack => [
      shown(name),
      get(`Connection: ${name}`, "X-A: 1", "X-B: 2"),
      SERVED,
      [["GET /x", ["x-a: 1", "x-b: 2"]]],
    ]),
    ["one that is there", get("Connection: X-A", "x-a: 1", "X-B: 2"), SERVED, [["GET /x", ["x-b: 2"]]]],
    ["two in two fields", get("Connection: x-a,,", "Connection: x-b", "X-A: 1", "X-B: 2"), SERVED, [[
      "GET /x",
    ]]],
    [
      "content-length, with content",
      requestText("POST /a/x", ["Connection: content-length", "Content-Length: 5"], "hello"),
      SERVED,
      [["POST /x", ["content-length: 5"], "hello"]],
    ],
    [
      "transfer-encoding, with content",
      requestText("POST /a/x", ["Connection: transfer-encoding", "Transfer-Encoding: chunked"], "0\r\n\r\n"),
      SERVED,
      [["POST /x", ["transfer-encoding: chunked"], "0\r\n\r\n"]],
    ],
  ]);
});

Deno.test("Connection does not remove the route's own field", async () => {
  const fields = ["Connection: close, x-api-key, authorization", "X-Api-Key: mine", "Authorization: mine"];
  assertEquals(await responsesTo(fixture.service.port, requestText("GET /key/x", fields)), ["200 /x"]);
  const { authority } = fixture.upstream;
  assertEquals(
    fixture.upstream.take(),
    `GET /x HTTP/1.1\r\nhost: ${authority}\r\naccept-encoding: identity\r\nX-Api-Key: ${TOKEN}\r\n\r\n`,
  );
});

Deno.test("a name with underscores is the name with dashes: a credential and a framing field are dropped in either spelling", (test) => {
  const fields = [
    "content_length: 5",
    "proxy_authorization: mine",
    "transfer_encoding: chunked",
    "x_api_key: mine",
    "x_api-key: mine",
    "private_token: mine",
    "x_own: mine",
  ];
  return fixture.run(test, [
    ...fields.map((field): Attack => [field, get(field), SERVED, [["GET /x"]]]),
    ["two other names", get("_authorization: 1", "x_a: 2"), SERVED, [[
      "GET /x",
      ["_authorization: 1", "x_a: 2"],
    ]]],
    ["one that Connection names", get("Connection: x_b", "X_B: 1"), SERVED, [["GET /x"]]],
  ]);
});

Deno.test("a field in which a service accepts a credential is dropped on every route", (test) => {
  const names = [
    ..."PRIVATE-TOKEN JOB-TOKEN Deploy-Token X-Auth-Token X-Subject-Token X-Vault-Token X-Consul-Token".split(
      " ",
    ),
    ..."DD-API-KEY DD-APPLICATION-KEY apikey X-ApiKey X-Access-Token X-GitHub-Token X-GitHub-OTP".split(" "),
    ..."X-Shopify-Access-Token X-Amz-Security-Token X-JFrog-Art-Api X-NuGet-ApiKey Fastly-Key xi-api-key"
      .split(" "),
    ..."X-Auth-Key X-Functions-Key Ocp-Apim-Subscription-Key X-Registry-Auth X-Figma-Token Circle-Token"
      .split(" "),
    ..."CF-Access-Client-Secret X-Goog-IAP-JWT-Assertion X-Hasura-Admin-Secret X-Plex-Token Token".split(" "),
  ];
  return fixture.run(test, [
    [`${names.length} of them`, get(...names.map((name) => `${name}: mine`)), SERVED, [["GET /x"]]],
    ["the field of another route", get("X-Own: mine"), SERVED, [["GET /x"]]],
    ["one that the route drops", requestText("GET /choosy/x", ["X-Team: mine", "X_Team: mine"]), [
      "200 /x",
      AFTER,
    ], [
      ["GET /x"],
    ]],
    [
      "one that the route keeps",
      requestText("GET /choosy/x", ["X-Session-Token: mine", "Authorization: mine"]),
      [
        "200 /x",
        AFTER,
      ],
      [["GET /x", ["x-session-token: mine"]]],
    ],
  ]);
});

Deno.test("no field overrides the method or the path that a restricted route allows, with or without underscores", (test) => {
  const names = [
    ..."X-HTTP-Method-Override X-HTTP-Method X-Method-Override HTTP-Method-Override X-Method X-HTTP-Verb"
      .split(" "),
    ..."X-Forwarded-Method X-Original-URL X-Rewrite-URL X-Forwarded-Uri X-Forwarded-Prefix".split(" "),
    ..."X-Envoy-Original-Path X-Original-Path X-Override-URL Destination X-Amz-Copy-Source".split(" "),
  ];
  const spellings = new Set(
    names.flatMap((name) => [name, name.replaceAll("-", "_"), name.replace("-", "_")]),
  );
  return fixture.run(test, [
    ["none of them", requestText("POST /narrow/x"), SERVED, [["POST /x"]]],
    ...Array.from(spellings, (name): Attack => [
      name,
      requestText("POST /narrow/x", [`${name}: DELETE`]),
      ["403 not_allowed", AFTER],
    ]),
  ]);
});

Deno.test("what a proxy would say of the client and the host is dropped on a restricted route", (test) => {
  const fields = [
    ..."Forwarded X-Forwarded-For X-Forwarded-Host X_Forwarded_Host X-Forwarded-Proto X-Real-IP X-Original-Host"
      .split(
        " ",
      ),
    ..."X-Envoy-External-Address X-Host".split(" "),
  ].map((name) => `${name}: mine`);
  return fixture.run(test, [
    [`${fields.length} of them`, requestText("POST /narrow/x", fields), SERVED, [["POST /x"]]],
  ]);
});

Deno.test("no parameter overrides the method that a restricted route allows", (test) =>
  fixture.run(test, [
    ...[
      ..."_method=DELETE _METHOD=DELETE _HttpMethod=DELETE %5fmethod=DELETE a;_method=DELETE _method[]=DELETE"
        .split(" "),
      ..."X-HTTP-Method-Override=DELETE method=DELETE %255Fmethod=DELETE +_method=DELETE".split(" "),
    ].map((query): Attack => [query, requestText(`POST /narrow/x?${query}`), ["403 not_allowed", AFTER]]),
    ["a method of an API", requestText("POST /narrow/x?method=photos.search&verb=List"), [
      "200 /x?method=photos.search&verb=List",
      AFTER,
    ], [["POST /x?method=photos.search&verb=List"]]],
  ]));

Deno.test("a field name that JavaScript treats specially is an ordinary field", (test) => {
  const names = [
    "__proto__",
    "constructor",
    "prototype",
    "toString",
    "hasOwnProperty",
    "__defineGetter__",
    "valueOf",
  ];
  return fixture.run(test, [
    ...names.map((
      name,
    ): Attack => [name, get(`${name}: 1`), SERVED, [["GET /x", [`${name.toLowerCase()}: 1`]]]]),
    ["__proto__ twice", get("__proto__: 1", "__PROTO__: 2"), SERVED, [["GET /x", ["__proto__: 1, 2"]]]],
    [
      "two that Connection names",
      get("Connection: __proto__, constructor", "__proto__: 1", "constructor: 1", "X-A: 1"),
      SERVED,
      [["GET /x", ["x-a: 1"]]],
    ],
  ]);
});

/** Returns `count` fields besides Host. */
function many(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `x-${String(at).padStart(4, "0")}: ${at}`);
}

Deno.test("128 fields pass; a head with more, or over 64 KiB, is refused", (test) =>
  fixture.run(test, [
    ["128 with Host", get(...many(127)), SERVED, [["GET /x", many(127)]]],
    ["129 with Host", get(...many(128)), CUT],
    ["131 with Host", get(...many(130)), CUT],
    ["5000", get(...many(5000)), CUT],
    ["127 of one name", get(...Array(127).fill("X-A: 1")), SERVED, [["GET /x", [
      `x-a: ${Array(127).fill(1).join(", ")}`,
    ]]]],
    ["a value of 60 KB", get(`X-A: ${"y".repeat(60_000)}`), SERVED, [["GET /x", [
      `x-a: ${"y".repeat(60_000)}`,
    ]]]],
    ["a value of 70 KB", get(`X-A: ${"y".repeat(70_000)}`), CUT],
    ["a name of 60 KB", get(`${"x".repeat(60_000)}: 1`), SERVED, [["GET /x", [`${"x".repeat(60_000)}: 1`]]]],
    ["a name of 70 KB", get(`${"x".repeat(70_000)}: 1`), CUT],
    ["a hundred fields of 700 bytes", get(...many(100).map((field) => field + "y".repeat(700))), CUT],
    ["a method of 70 KB", requestText(`${"G".repeat(70_000)} /a/x`), CUT],
  ]));

Deno.test("bytes beyond ASCII in a value pass unchanged, and no control byte passes", (test) => {
  const bytes = [
    "caf\xe9",
    "\x80\x85\xff",
    "\xc3\xa9",
    "\xf0\x9f\x98\x80",
    "\xa0",
    "a\xa0",
    "\xad",
    "a\tb",
    "Authorization: mine",
  ];
  return fixture.run(test, [
    ...bytes.map((
      value,
    ): Attack => [shown(value), get(`X-A: ${value}`), SERVED, [["GET /x", [`x-a: ${value}`]]]]),
    ...["a\rb", "a\r", "a\0b", "a\x1bb", "a\x7fb", "a\x0bb"].map((
      value,
    ): Attack => [shown(value), get(`X-A: ${value}`), CUT]),
  ]);
});

Deno.test("hop-by-hop fields of the client's connection are not forwarded", (test) => {
  const fields = [
    "Expect: 100-continue",
    "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA",
    "Keep-Alive: timeout=1",
    "Proxy-Authenticate: Basic",
    "Proxy-Authentication-Info: x",
    "Proxy-Connection: close",
    "TE: trailers, chunked",
    "Trailer: authorization",
    "Upgrade: h2c",
  ];
  return fixture.run(test, [
    ["nine of them", get(...fields), SERVED, [["GET /x"]]],
    ["an expectation that nobody knows", get("Expect: mine"), SERVED, [["GET /x"]]],
  ]);
});
