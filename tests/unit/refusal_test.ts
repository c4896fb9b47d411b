import { assert, assertEquals } from "@std/assert";
import { Refusal, type RefusalCode, refusalResponse, refusalStatus } from "../../lib/http/refusal.ts";

/** Every refusal: its status, whether a retry is pointless, and its message for `subject`. */
const CONTRACT: Record<RefusalCode, [status: number, final: boolean, message: string]> = {
  bad_request: [400, true, "The request cannot be forwarded safely: subject"],
  client_token_required: [401, true, "This proxy requires a client token in place of an API key"],
  not_allowed: [403, true, "This route does not allow subject"],
  browser_refused: [
    403,
    true,
    'Requests of web pages are refused; the route must say "browsers": true to allow them',
  ],
  no_route: [404, true, 'No route for "subject"'],
  method_not_forwarded: [405, true, "This method is never forwarded"],
  host_not_served: [
    421,
    true,
    'Not served under the host "subject"; use an IP address or a name of one label, or list it in CRED_PROXY_HOSTS',
  ],
  too_large_to_sign: [
    413,
    true,
    "The content is larger than the subject that this route signs; raise its sign_body_limit_mb",
  ],
  upgrade_not_served: [426, false, "This change of protocol is not served here; continue with HTTP/1.1"],
  rate_limited: [429, false, "Too many requests: subject is reached; retry later"],
  internal: [500, true, "The proxy failed to process this request"],
  token_unset: [500, true, "The token of this route is not set: subject"],
  token_refused: [500, true, "The issuer of this route's token refused to issue it"],
  token_unavailable: [502, false, "The issuer of this route's token could not be reached or failed"],
  upstream_failed: [
    502,
    false,
    "The upstream could not be reached, or ended the connection without a response",
  ],
  upstream_tls_failed: [
    502,
    true,
    "No secure connection to the upstream could be made; the proxy's log says why",
  ],
  upstream_reply_refused: [
    502,
    true,
    "The upstream acted on the request, but its response can't be forwarded; the proxy's log says why",
  ],
  overloaded: [503, false, "subject; retry later"],
  keys_unavailable: [503, false, "The keys that verify the client's token could not be read; retry later"],
  draining: [503, false, "The proxy is shutting down; retry later"],
  upstream_timeout: [504, false, "The upstream did not respond in time"],
};

const CODES = Object.keys(CONTRACT) as RefusalCode[];

Deno.test("refusalResponse() returns each code's status and the JSON shape that clients read", async () => {
  for (const code of CODES) {
    const [status, , message] = CONTRACT[code];
    const response = refusalResponse(new Refusal(code, "subject"), "GET", "id-1");
    assertEquals([response.status, refusalStatus(code)], [status, status], code);
    assertEquals(response.headers.get("content-type"), "application/json");
    assertEquals(response.headers.get("cred-proxy-error"), code);
    assertEquals(response.headers.get("cred-proxy-request-id"), "id-1");
    const body = await response.text();
    assertEquals(body, JSON.stringify({ type: "error", error: { type: `cred_proxy_${code}`, message } }));
  }
});

Deno.test("refusalResponse() says that there are too many requests where nothing else is used up", async () => {
  const { error } = await refusalResponse(new Refusal("overloaded"), "GET", "id-1").json();
  assertEquals(error.message, "Too many requests in flight; retry later");
});

Deno.test("refusalResponse() sets x-should-retry: false exactly where a retry is pointless", () => {
  for (const code of CODES) {
    const { headers } = refusalResponse(new Refusal(code), "GET", "id-1");
    assertEquals(headers.get("x-should-retry"), CONTRACT[code][1] ? "false" : null, code);
  }
});

Deno.test("refusalResponse() adds the fields that a status requires", () => {
  const fieldOf = (code: RefusalCode, name: string) =>
    refusalResponse(new Refusal(code), "GET", "id-1").headers.get(name);
  assertEquals(fieldOf("method_not_forwarded", "allow"), "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
  assertEquals(fieldOf("upgrade_not_served", "sec-websocket-version"), "13");
  assertEquals(fieldOf("overloaded", "retry-after"), "1");
  assertEquals(fieldOf("draining", "retry-after"), "1");
  assertEquals(fieldOf("keys_unavailable", "retry-after"), "5");
  assert(fieldOf("client_token_required", "www-authenticate")?.startsWith("Basic "));
});

Deno.test("refusalResponse() has no body for HEAD", () => {
  const response = refusalResponse(new Refusal("no_route", "/x"), "HEAD", "id-1");
  assertEquals([response.status, response.body], [404, null]);
});

Deno.test("refusalResponse() never contains the cause", async () => {
  const cause = new Error("canary in the message", { cause: new Error("canary below") });
  for (const code of CODES) {
    const response = refusalResponse(new Refusal(code, "subject", { cause }), "GET", "id-1");
    const sent = JSON.stringify([...response.headers]) + await response.text();
    assert(!sent.includes("canary"), sent);
  }
});

Deno.test("refusalResponse() escapes a subject and truncates a long one", async () => {
  const { error } = await refusalResponse(new Refusal("no_route", '/"},{\u2028'), "GET", "id-1").json();
  assertEquals(error.message, 'No route for "/"},{\u2028"');
  const long = await refusalResponse(new Refusal("no_route", "/".repeat(60_000)), "GET", "id-1").text();
  assert(long.length < 400, `${long.length}`);
});

Deno.test("refusalResponse() says when a retry may succeed, where the refusal knows", () => {
  const refusal = new Refusal("rate_limited", "the limit", { retryAfterS: 17 });
  assertEquals(refusalResponse(refusal, "GET", "id-1").headers.get("retry-after"), "17");
});
