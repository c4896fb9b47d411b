import { assert, assertEquals, assertThrows } from "@std/assert";
import { isEqual } from "../../lib/core/is_equal.ts";
import type { ClientDirectory, Identity } from "../../lib/clients/client_directory.ts";
import type { Client } from "../../lib/proxy/client.ts";
import { listedClients, oneToken } from "../../lib/proxy/client_auth.ts";
import { Refusal } from "../../lib/http/refusal.ts";
import { Secret } from "../../lib/core/secret.ts";
import { parseRoutes } from "../../lib/config/route/route_table.ts";
import { codesOf, linesOf } from "../support/result.ts";
import { startService } from "../support/service.ts";
import { shortestTime } from "../support/shortest_time.ts";
import { runMain } from "../support/run_main.ts";
import { TOKEN } from "../support/fixture.ts";
import { startUpstream } from "../support/upstream.ts";
import { request } from "../support/wire.ts";

const CLIENT = "client:Hx7/=";

function letsIn(fields: Record<string, string>): boolean {
  try {
    oneToken(Secret.of(CLIENT))(new Headers(fields));
    return true;
  } catch (error) {
    assertEquals((error as Refusal).code, "client_token_required");
    return false;
  }
}

const GOOD: readonly Record<string, string>[] = [
  { authorization: `Bearer ${CLIENT}` },
  { authorization: `bearer  ${CLIENT}` },
  { authorization: `token ${CLIENT}` },
  { authorization: `Bearer hf_${CLIENT}` },
  { authorization: `Basic ${btoa(`anybody:${CLIENT}`)}` },
  { authorization: `BASIC ${btoa(`:${CLIENT}`)}` },
  {
    authorization:
      `AWS4-HMAC-SHA256 Credential=${CLIENT}/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0`,
  },
  {
    authorization:
      `AWS4-HMAC-SHA256 Credential=${CLIENT}/20260101/us-east-1/s3/aws4_request , SignedHeaders=host, Signature=0`,
  },
  { "x-api-key": CLIENT },
  { "x-goog-api-key": CLIENT },
  { "api-key": CLIENT },
  { "ocp-apim-subscription-key": CLIENT },
  { authorization: "Bearer placeholder", "x-api-key": CLIENT },
  { authorization: `Bearer ${CLIENT}`, "x-api-key": "placeholder" },
];

const BAD: readonly Record<string, string>[] = [
  {},
  { authorization: CLIENT },
  { authorization: `Digest ${CLIENT}` },
  { authorization: `Bearer ${CLIENT}x` },
  { authorization: `Bearer hf${CLIENT}` },
  { authorization: `Bearer ${CLIENT.slice(1)}` },
  { authorization: `Bearer ${CLIENT.toUpperCase()}` },
  { authorization: `Bearer ${CLIENT}, Bearer x` },
  { authorization: "Bearer " },
  { authorization: `Basic ${btoa(`${CLIENT}:x`)}` },
  { authorization: `X-Basic ${btoa(`anybody:${CLIENT}`)}` },
  { authorization: `X-Bearer ${CLIENT}` },
  { authorization: "Basic !" },
  { authorization: "Basic Zg===" },
  { authorization: `AWS4-HMAC-SHA256 Credential=${CLIENT}x/20260101/us-east-1/s3/aws4_request, Signature=0` },
  { authorization: `AWS4-HMAC-SHA256 Signature=0, Credential=x/20260101/r/s/aws4_request, x=${CLIENT}` },
  { authorization: `AWS4-HMAC-SHA256 Credential=${CLIENT}` },
  { "x-api-key": "" },
  { "x-api-key": `${CLIENT}, x` },
  { "proxy-authorization": `Bearer ${CLIENT}` },
  { cookie: CLIENT },
];

Deno.test("oneToken() accepts the token wherever a client puts its key, and nothing else", () => {
  for (const fields of GOOD) assertEquals(letsIn(fields), true, JSON.stringify(fields));
  for (const fields of BAD) assertEquals(letsIn(fields), false, JSON.stringify(fields));
});

Deno.test("oneToken() takes a password only from what has a user as well", () => {
  const authenticate = oneToken(Secret.of("no-colon"));
  authenticate(new Headers({ authorization: `Basic ${btoa(":no-colon")}` }));
  for (const pair of ["no-colon", "no-colon:", "-no-colon"]) {
    const fields = new Headers({ authorization: `Basic ${btoa(pair)}` });
    assertThrows(() => authenticate(fields), Refusal, undefined, pair);
  }
});

Deno.test("oneToken() asks a client for a password, but not a web page, whose browser would ask the user for one", () => {
  const challenge = (fields: Record<string, string>) =>
    assertThrows(() => oneToken(Secret.of(CLIENT))(new Headers(fields)), Refusal).fields
      ?.["www-authenticate"];
  assertEquals(challenge({}), undefined, "what the code says: Basic");
  assertEquals(challenge({ origin: "http://localhost" }), 'Bearer realm="cred-proxy"');
});

Deno.test("listedClients() takes the last of two tokens of one client, whether or not they must be verified first", async () => {
  const client = { config: { name: "one", expires: undefined } } as unknown as Client;
  const fields = new Headers({ authorization: "Bearer first", "x-api-key": "second" });
  function identityOf(subject: string): Identity<Client> {
    return { client, tokenHash: undefined, subject, pod: undefined };
  }
  for (const find of [identityOf, (token: string) => Promise.resolve(identityOf(token))]) {
    const identity = await listedClients({ find } as unknown as ClientDirectory<Client>)(fields);
    assertEquals(identity?.subject, "second");
  }
});

Deno.test("listedClients() refuses the tokens of two clients, and says in the log that it was these", () => {
  const clientOf = (name: string) => ({ config: { name, expires: undefined } }) as unknown as Client;
  const clients = new Map([["first", clientOf("one")], ["second", clientOf("two")]]);
  const find = (token: string) => {
    const client = clients.get(token);
    return client && { client, tokenHash: undefined, subject: undefined, pod: undefined };
  };
  const fields = new Headers({ authorization: "Bearer first", "x-api-key": "second" });
  const authenticate = listedClients({ find } as unknown as ClientDirectory<Client>);
  const { code, cause } = assertThrows(() => authenticate(fields), Refusal);
  assertEquals([code, String(cause)], [
    "client_token_required",
    "Error: The request has the tokens of two clients",
  ]);
});

Deno.test("isEqual() compares every byte and the lengths", () => {
  const cases: [shown: string, wanted: boolean][] = [
    ["secret", true],
    ["", false],
    ["secre", false],
    ["secret\0", false],
    ["secretsecret", false],
    ["Secret", false],
    ["secreT", false],
  ];
  for (const [shown, wanted] of cases) assertEquals(isEqual("secret", shown), wanted, shown);
});

const ROUTE = { path: "/a/", upstream: "http://127.0.0.1:1", auth_scheme: "Bearer", token_env: "A_TOKEN" };

Deno.test("parseRoutes() refuses a client token that is a route's token, or no variable", () => {
  const cases: [field: unknown, code: string][] = [
    ["A_TOKEN", "conflict"],
    [1, "wrong_type"],
    ["sk-hunter2", "invalid_variable_name"],
    ["CRED_PROXY_PORT", "reserved_variable"],
  ];
  for (const [field, code] of cases) {
    const result = parseRoutes(JSON.stringify({ client_token_env: field, routes: [ROUTE] }));
    assertEquals(codesOf(result), [`client_token_env: ${code}`]);
    assertEquals(linesOf(result).join().includes("hunter2"), false);
  }
  const other = { ...ROUTE, path: "/b/", token_env: "B_TOKEN" };
  for (const routes of [[ROUTE, other], [other, ROUTE]]) {
    const result = parseRoutes(JSON.stringify({ client_token_env: "A_TOKEN", routes }));
    assertEquals(codesOf(result), ["client_token_env: conflict"]);
  }
});

Deno.test("a client that sends the token is served, another gets 401, and the token is not forwarded", async () => {
  await using upstream = startUpstream((exchange) => exchange.respond(200, [], "ok"));
  await using service = await startService({
    routes: { client_token_env: "CLIENT_TOKEN", routes: [{ ...ROUTE, upstream: upstream.url }] },
    env: { A_TOKEN: TOKEN, CLIENT_TOKEN: CLIENT },
  });
  const ask = (fields: Record<string, string>) => {
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`).join("");
    return request(service.port, `GET /a/x HTTP/1.1\r\nHost: proxy\r\n${lines}\r\n`);
  };
  for (const fields of GOOD) assertEquals((await ask(fields)).status, 200);
  assertEquals(upstream.requests.length, GOOD.length);
  for (const each of upstream.requests) {
    assertEquals(each.field("authorization"), `Bearer ${TOKEN}`);
    assertEquals(each.head.includes(CLIENT) || each.head.includes(btoa(`:${CLIENT}`)), false);
  }
  for (const fields of BAD.filter((each) => each["x-api-key"] !== "")) {
    const response = await ask(fields);
    assertEquals([response.status, response.field("www-authenticate")], [401, 'Basic realm="cred-proxy"']);
  }
  assertEquals(upstream.requests.length, GOOD.length);
});

Deno.test("a table that requires a client token is not served while that is unset", async () => {
  const routes = { client_token_env: "CLIENT_TOKEN", routes: [ROUTE] };
  const refused = await startService({ routes, env: { A_TOKEN: TOKEN } }).then(() => "", String);
  assertEquals(
    refused.includes("cred-proxy: CLIENT_TOKEN: is unset or empty, but client_token_env requires it\n"),
    true,
    refused,
  );
});

Deno.test("check reports the client token, and that it is unset", async () => {
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, JSON.stringify({ client_token_env: "CLIENT_TOKEN", routes: [ROUTE] }));
  const { code, stdout } = await runMain(["check", file], { env: { A_TOKEN: TOKEN } });
  await Deno.remove(file);
  assertEquals([code, stdout], [
    0,
    `${file}: 1 route(s), each requires the client token CLIENT_TOKEN\n` +
    "  /a/ → http://127.0.0.1:1, A_TOKEN set\n" +
    "  CLIENT_TOKEN, the client token, UNSET: serve will refuse to start\n",
  ]);
});

Deno.test("a field as long as a head may be is searched for a token in an instant", async () => {
  const authenticate = oneToken(Secret.of("wanted"));
  const authorization = `AWS4-HMAC-SHA256 Credential=${"/20260101/".repeat(6000)}!`;
  const headers = new Headers({ authorization });
  assert(await shortestTime(() => assertThrows(() => authenticate(headers), Refusal), 100) < 100);
});
