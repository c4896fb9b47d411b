import { assertEquals } from "@std/assert";
import type { ResponseFraming } from "../../lib/http/framing.ts";
import { copyResponseFields } from "../../lib/proxy/response_fields.ts";
import { responseFraming } from "../../lib/upstream/response_framing.ts";
import { parseResponseHead } from "../../lib/upstream/response_head.ts";
import { Mask } from "../../lib/mask/mask.ts";
import { Secret } from "../../lib/core/secret.ts";
import { referencesOf } from "../support/references.ts";
import { routeOf } from "../support/route.ts";

/** The route's tokens, with characters that are percent-encoded. */
const TOKEN = "12345:a+b/c=D";
const FORMER = "former-token";

type Fields = [name: string, value: string][];

/** Returns the fields of a response that the client gets, on a route that does not mask. */
function passed(
  fields: Fields,
  { route = {}, method = "GET", status = 200, framing, secret, onRewriter }: {
    route?: object;
    method?: string;
    status?: number;
    /** What the head itself says, if it is left out. */
    framing?: ResponseFraming;
    /** Is called whenever a rewriter of references is made. */
    onRewriter?: () => void;
    /** What is masked, if anything is. */
    secret?: string;
  } = {},
): Fields {
  const lines = fields.map((field) => `${field.join(": ")}\r\n`).join("");
  const head = parseResponseHead(`HTTP/1.1 ${status} Any\r\n${lines}\r\n`);
  const seen: Fields = [];
  const config = routeOf(route);
  const token = { current: Secret.of(TOKEN), former: [Secret.of(FORMER)] };
  const references = referencesOf(config, { token });
  const mask = secret === undefined ? undefined : Mask.of([{ text: Secret.of(secret) }]);
  const rules = {
    route: config,
    references() {
      onRewriter?.();
      return references;
    },
    mask,
  };
  copyResponseFields(rules, { head, framing: framing ?? responseFraming(method, head) }, {
    append: (name, value) => void seen.push([name, value]),
  });
  return seen;
}

Deno.test("copyResponseFields() copies all other fields unchanged: order, repetition, values", () => {
  const fields: Fields = [
    ["www-authenticate", "Basic realm=a"],
    ["x-empty", ""],
    ["content-encoding", "gzip"],
    ["www-authenticate", "Bearer"],
    ["etag", '"x"'],
    ["x-byte", "\xe9\x80"],
    ["content-length", "5"],
  ];
  assertEquals(passed(fields), fields);
});

Deno.test("copyResponseFields() states a length only where it is that of what is sent", () => {
  const length: Fields = [["content-length", "5"]];
  const coded: Fields = [["content-encoding", "gzip"], ...length];
  assertEquals(passed(coded), coded);
  // Of a response that has no content, it is the length of another.
  assertEquals(passed(length, { method: "HEAD" }), length);
  assertEquals(passed(length, { status: 304 }), length);
  // Of content that ends otherwise, such as what follows a change of protocol, it is not the length at all.
  const others: Fields = [["x-a", "1"], ...length, ["x-length", "5"]];
  for (const kind of ["close", "chunked"] as const) {
    assertEquals(passed(others, { framing: { kind } }), [["x-a", "1"], ["x-length", "5"]], kind);
  }
});

Deno.test("copyResponseFields() masks a secret in a name in any case, also if nothing else holds one", () => {
  const secret = "Ghp_Qz7xV2mK9wR4tY6u";
  for (const name of [secret, secret.toLowerCase(), secret.toUpperCase(), "gHP_qZ7Xv2MK9WR4tY6u"]) {
    assertEquals(passed([["x-a", "1"], [`X-${name}-y`, "1"]], { secret }), [
      ["x-a", "1"],
      [`x-${"*".repeat(secret.length)}-y`, "1"],
    ]);
  }
});

Deno.test("copyResponseFields() masks a secret in any value and any name, and nothing else", () => {
  const secret = "s3cr3t-v4lue";
  const fields: Fields = [["x-a", `1 ${secret} 2`], [`x-${secret}`, "3"], ["x-b", "4"]];
  assertEquals(passed(fields, { secret }), [
    ["x-a", `1 ${"*".repeat(secret.length)} 2`],
    [`x-${"*".repeat(secret.length)}`, "3"],
    ["x-b", "4"],
  ]);
  assertEquals(passed(fields, { secret: "another-s3cr3t" }), fields);
});

Deno.test("copyResponseFields() drops the fields of the connection", () => {
  const names = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "upgrade",
  ];
  assertEquals(passed([...names.map((name): Fields[number] => [name, "x"]), ["x-a", "1"]]), [["x-a", "1"]]);
  assertEquals(passed([["transfer-encoding", "chunked"], ["x-a", "1"]]), [["x-a", "1"]]);
});

Deno.test("copyResponseFields() drops what any Connection field names", () => {
  const fields: Fields = [
    ["x-foo", "1"],
    ["connection", "keep-alive"],
    ["connection", "Close, X-Foo"],
    ["x-bar", "2"],
    ["connection", "x-bar"],
    ["x-food", "3"],
  ];
  assertEquals(passed(fields), [["x-food", "3"]]);
});

Deno.test("copyResponseFields() copies cookies only where the route says so", () => {
  const fields: Fields = [["set-cookie", "a=1"], ["x-a", "1"], ["set-cookie", "b=2"]];
  assertEquals(passed(fields), [["x-a", "1"]]);
  assertEquals(passed(fields, { route: { cookies: true } }), fields);
  assertEquals(passed([["set-cookie2", "a=1"]], { route: { cookies: true } }), []);
});

Deno.test("copyResponseFields() rewrites references to the upstream to the route", () => {
  const fields: Fields = [["location", "https://api.test/b"], ["content-location", "/c"], [
    "x-location",
    "/d",
  ]];
  assertEquals(passed(fields), [["location", "http://proxy:9099/a/b"], ["content-location", "/a/c"], [
    "x-location",
    "/d",
  ]]);
  assertEquals(passed([["x-location", "https://api.test/b"]]), [["x-location", "http://proxy:9099/a/b"]]);
});

Deno.test("copyResponseFields() makes one rewriter for all references, and none for a response that has none", () => {
  const made = (fields: Fields) => {
    let count = 0;
    passed(fields, { route: { cookies: true }, onRewriter: () => count++ });
    return count;
  };
  assertEquals(made([["x-a", "1"], ["x-b", "/b"], ["content-length", "5"]]), 0);
  for (const field of [["location", "/b"], ["set-cookie", "a=1"], ["x-url", "https://api.test/b"]] as const) {
    assertEquals(made([[...field], ["x-a", "1"], ["link", "</b>"]]), 1, field[0]);
  }
});

/** Returns a field's value on a route to `https://api.test` with the token in its URLs. */
function rewritten(route: object, name: string, value: string): string {
  return passed([[name, value]], { route })[0]?.[1] ?? "";
}

const REFERENCES = ["location", "content-location"];

Deno.test("copyResponseFields() rewrites references without the token that the path holds", () => {
  const route = { path: "/tg/", upstream: "https://api.test/bot{token}x/v1", auth_scheme: "" };
  const cases: [reference: string, wanted: string][] = [
    ["/bot12345:a+b%2Fc=Dx/v1/send?a=b", "/tg/send?a=b"],
    ["https://api.test/bot12345%3Aa%2bb%2fc%3dDx/v1/send#f", "http://proxy:9099/tg/send#f"],
    ["//API.test:443/bot%31%32345:a+b%2Fc=Dx/v1", "/tg/"],
    ["https://api.test/botformer-tokenx/v1/a", "http://proxy:9099/tg/a"],
    ["https://api.test/botanyx/v1/a", "https://api.test/botanyx/v1/a"],
    ["/bot12345:a+b%2Fc=D/v1/send", "https://api.test/bot12345:a+b%2Fc=D/v1/send"],
    ["/bat12345:a+b%2Fc=Dx/v1/send", "https://api.test/bat12345:a+b%2Fc=Dx/v1/send"],
    ["/bot{token}x/v1/a", "/tg/a"],
    ["a/b", "a/b"],
  ];
  for (const name of REFERENCES) {
    for (const [reference, wanted] of cases) assertEquals(rewritten(route, name, reference), wanted);
  }
});

Deno.test("copyResponseFields() finds the token in a path, whatever follows it there", () => {
  for (const rest of ["", "/v1", "xyz", "xyz/v1"]) {
    const route = { upstream: `https://api.test/bot{token}${rest}`, auth_scheme: "" };
    assertEquals(rewritten(route, "location", `/bot${FORMER}${rest}/b`), "/a/b", rest);
    assertEquals(rewritten(route, "location", `/bot${FORMER}${rest}`), "/a/", rest);
    const other = `https://api.test/bot${FORMER}-${rest}/b`;
    assertEquals(rewritten(route, "location", other), other, rest);
  }
});

Deno.test("copyResponseFields() rewrites references without the parameter that holds the token", () => {
  const route = { upstream: "https://api.test/v1", auth_query: "api_key", auth_scheme: "" };
  const cases: [reference: string, wanted: string][] = [
    ["/v1/x?api_key=12345", "/a/x"],
    ["https://api.test/v1/x?a=b&API%5fkey=any&c#f", "http://proxy:9099/a/x?a=b&c#f"],
    ["x?a=b;api_key=1;c=d", "x?a=b;c=d"],
    ["?api_key", ""],
    ["?api_key[]=1&api.key=2&api_keys=3", "?api_keys=3"],
    ["https://other.test/?api_key=theirs", "https://other.test/?api_key=theirs"],
    ["https://other.test/?a&api_key=12345%3Aa%2Bb/c%3DD", "https://other.test/?a"],
    ["//other.test/?api_key=former%2dtoken&b", "//other.test/?b"],
  ];
  for (const name of REFERENCES) {
    for (const [reference, wanted] of cases) assertEquals(rewritten(route, name, reference), wanted);
  }
});

Deno.test("copyResponseFields() rewrites the references of Link, and no other URL in it", () => {
  const link =
    '<https://api.test/v1/x?page=2&key=12345%3Aa>; rel="next https://api.test/v1/rel", </v1/y?key=1>; rel=last';
  const upstream = "https://api.test/v1";
  const rest = 'rel="next https://api.test/v1/rel"';
  assertEquals(
    rewritten({ upstream, auth_query: "key", auth_scheme: "" }, "link", link),
    `<http://proxy:9099/a/x?page=2>; ${rest}, </a/y>; rel=last`,
  );
  assertEquals(
    rewritten({ upstream }, "link", link),
    `<http://proxy:9099/a/x?page=2&key=12345%3Aa>; ${rest}, </a/y?key=1>; rel=last`,
  );
  assertEquals(
    rewritten({ upstream: `${upstream}/{token}`, auth_scheme: "" }, "link", "</v1/former-token/x>; rel=next"),
    "</a/x>; rel=next",
  );
});

Deno.test("copyResponseFields() fits cookies to the route", () => {
  const route = { cookies: true, upstream: "https://api.test/v1" };
  const fit = (value: string) => passed([["set-cookie", value]], { route })[0]?.[1];
  assertEquals(fit("a=https://api.test/v1/x"), "a=https://api.test/v1/x");
  assertEquals(fit("a=1; Path=/; Domain=api.test; Secure; HttpOnly"), "a=1; HttpOnly; Path=/a");
  assertEquals(fit("a=1; Path=/elsewhere"), undefined);
});
