import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Egress, egressFor, parseEgress } from "../../lib/config/settings/egress.ts";
import { parseUpstream } from "../../lib/config/route/upstream_url.ts";
import { codesOf, linesOf, valueOf } from "../support/result.ts";

function parse(environment: Record<string, string>): Egress {
  return valueOf(parseEgress((name) => environment[name]));
}

/** Returns `host:port` of the proxy that an upstream is reached through, or "none". */
function proxyFor(egress: Egress, url: string): string {
  const proxy = egressFor(egress, valueOf(parseUpstream(url, "upstream")));
  return proxy === undefined ? "none" : `${proxy.host}:${proxy.port}`;
}

Deno.test("egressFor() uses HTTPS_PROXY for https upstreams and HTTP_PROXY for http upstreams", () => {
  const egress = parse({ HTTPS_PROXY: "http://secure:3128", HTTP_PROXY: "http://plain:3128" });
  assertEquals(proxyFor(egress, "https://a.example"), "secure:3128");
  assertEquals(proxyFor(egress, "http://a.example"), "plain:3128");
  assertEquals(proxyFor(parse({ HTTP_PROXY: "http://plain:3128" }), "https://a.example"), "none");
});

Deno.test("parseEgress() lets lower case win, unless it is set to nothing", () => {
  assertEquals(parse({ https_proxy: "low:1", HTTPS_PROXY: "high:1" }).https?.host, "low");
  assertEquals(parse({ https_proxy: "", HTTPS_PROXY: "high:1" }).https?.host, "high");
});

Deno.test("parseEgress() reads a proxy with and without scheme, port, slash and credentials", () => {
  const cases: [text: string, host: string, port: number, credentials: string | undefined][] = [
    ["http://proxy", "proxy", 80, undefined],
    ["HTTP://Proxy:3128/", "proxy", 3128, undefined],
    ["proxy:3128", "proxy", 3128, undefined],
    ["[::1]:3128", "::1", 3128, undefined],
    ["http://me:p%40ss%3A@proxy", "proxy", 80, "me:p@ss:"],
    ["me:a:b@proxy:1", "proxy", 1, "me:a:b"],
    ["http://me@proxy", "proxy", 80, "me:"],
    ["http://:p@proxy", "proxy", 80, ":p"],
  ];
  for (const [text, host, port, credentials] of cases) {
    const proxy = parse({ https_proxy: text }).https;
    assertEquals([proxy?.host, proxy?.port, proxy?.credentials?.reveal()], [host, port, credentials], text);
  }
});

Deno.test("parseEgress() prints no password", () => {
  assert(!Deno.inspect(parse({ https_proxy: "http://me:hunter2@proxy" })).includes("hunter2"));
  const bad = [
    ..."https://me:hunter2@proxy socks5://hunter2@proxy http://hunter2@ http://me:hunter2@proxy:x".split(" "),
    ..."http://proxy/hunter2 http://proxy?hunter2 http://hunter2/@proxy http://a%3ab:hunter2@proxy".split(
      " ",
    ),
    ..."http://me:hunter2%@proxy http://me:hunter2%0d%0a@proxy http://me:hunter2%e2%82%ac@proxy http://::1"
      .split(" "),
    ..."http:// http://proxy:0 http://a%20b file:///hunter2".split(" "),
  ];
  for (const text of bad) {
    const result = parseEgress((name) => name === "HTTP_PROXY" ? text : undefined);
    const [code = "", ...others] = codesOf(result);
    assertEquals(others, []);
    assertMatch(code, /^HTTP_PROXY: (?:invalid_\w+|missing_brackets|unexpected_query)$/);
    const [line = ""] = linesOf(result);
    assertMatch(line, /^HTTP_PROXY: .* \(the value is not shown\)$/);
    assert(!line.includes("hunter2"), text);
  }
});

Deno.test("egressFor() bypasses the proxy for what NO_PROXY names", () => {
  const cases: [list: string, url: string, bypassed: boolean][] = [
    ["*", "https://a.example", true],
    ["a.example", "https://a.example", true],
    ["A.Example", "https://a.example", true],
    ["a.example", "https://b.a.example", true],
    [".a.example", "https://b.a.example", true],
    [".a.example", "https://a.example", true],
    ["*.a.example", "https://b.a.example", true],
    ["a.example", "https://aa.example", false],
    ["example", "https://a.example", true],
    ["b.example, a.example", "https://a.example", true],
    ["b.example a.example", "https://a.example", true],
    ["a.example:443", "https://a.example", true],
    ["a.example:8443", "https://a.example", false],
    ["10.0.0.1", "https://10.0.0.1", true],
    ["0.0.1", "https://10.0.0.1", false],
    [".1", "https://10.0.0.1", false],
    ["10.0.0.0/8", "https://10.0.0.1", false],
    ["::1", "https://[::1]", true],
    ["[::1]", "https://[::1]", true],
    ["[0::1]:443", "https://[::1]", true],
    ["[::1]:80", "https://[::1]", false],
    [",,", "https://a.example", false],
    ["**", "https://a.example", false],
  ];
  for (const [list, url, bypassed] of cases) {
    const egress = parse({ https_proxy: "proxy:1", no_proxy: list });
    assertEquals(proxyFor(egress, url), bypassed ? "none" : "proxy:1", `${list} ${url}`);
  }
});
