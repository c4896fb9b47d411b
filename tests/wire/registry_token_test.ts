/**
 * The tokens of a registry of container images, one for each repository, from a service under its exact flags.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { startIssuer, type TokenAnswer, type TokenRequest } from "../support/issuer.ts";
import { type Service, startService } from "../support/service.ts";
import { type Script, startUpstream } from "../support/upstream.ts";
import { request } from "../support/wire.ts";

const PASSWORD = "password-Wq7Zt2LmK9xB4vNc";
const OK: Script = (exchange) => exchange.respond(200, [], "ok");

function tokenOf(scope: string | null): string {
  return `minted-hJ2Tq8vXbN5zR1cD4fG7-${(scope ?? "none").replaceAll(/[^a-z]/g, "-")}`;
}

function scopeOf({ exchange }: TokenRequest): string | null {
  return new URL(exchange.target, "http://x").searchParams.get("scope");
}

const issue = (asked: TokenRequest): TokenAnswer => ({ token: tokenOf(scopeOf(asked)), expires_in: 300 });

/** Runs a service with a route to a registry and its token service. */
async function withRegistry(
  answer: (asked: TokenRequest) => TokenAnswer,
  script: Script,
  use: (
    parts: { readonly service: Service; readonly issuer: ReturnType<typeof startIssuer> },
    ask: (line: string, fields?: readonly string[]) => ReturnType<typeof request>,
  ) => Promise<void>,
): Promise<void> {
  await using upstream = startUpstream(script);
  await using issuer = startIssuer(answer);
  const registry = {
    token_url: `${issuer.url}/token`,
    service: "registry.example.com",
    user: "me",
    password_env: "PASSWORD",
  };
  await using service = await startService({
    routes: {
      routes: [{
        path: "/v2/",
        upstream: `${upstream.url}/v2`,
        auth_scheme: "Bearer",
        token_from: { registry },
      }],
    },
    env: { PASSWORD },
  });
  await use(
    { service, issuer },
    (line, fields = []) =>
      request(service.port, [`${line} HTTP/1.1`, "Host: proxy", ...fields, "", ""].join("\r\n")),
  );
}

Deno.test("a registry gets a token for the repository and the action of each request, obtained once", async () => {
  const seen: (readonly [string, string | undefined])[] = [];
  const script: Script = async (exchange) => {
    await exchange.drain();
    seen.push([`${exchange.method} ${exchange.target}`, exchange.field("authorization")]);
    await exchange.respond(200, [], "ok");
  };
  await withRegistry(issue, script, async ({ issuer }, ask) => {
    const lines = [
      "GET /v2/",
      "GET /v2/acme/one/manifests/latest",
      "HEAD /v2/acme/one/manifests/latest",
      "GET /v2/acme/two/manifests/latest?ns=x",
      "PUT /v2/acme/one/manifests/latest",
    ];
    for (const line of [...lines, ...lines]) {
      const fields = line.startsWith("PUT") ? ["Content-Length: 0"] : [];
      assertEquals((await ask(line, [...fields, "Authorization: Bearer client"])).status, 200);
    }
    const scopes = [
      null,
      "repository:acme/one:pull",
      "repository:acme/one:pull",
      "repository:acme/two:pull",
      "repository:acme/one:pull,push",
    ];
    assertEquals(
      seen,
      [...lines, ...lines].map((line, at) => [line, `Bearer ${tokenOf(scopes[at % 5] ?? null)}`]),
    );
    assertEquals(issuer.requests.map(scopeOf), [
      null,
      "repository:acme/one:pull",
      "repository:acme/two:pull",
      "repository:acme/one:pull,push",
    ]);
    const [{ exchange }] = issuer.requests as [TokenRequest];
    assertEquals([exchange.method, exchange.target], ["GET", "/token?service=registry.example.com"]);
    assertEquals(exchange.field("authorization"), `Basic ${btoa(`me:${PASSWORD}`)}`);
  });
});

Deno.test("the tokens of all repositories are masked, and so is the password", async () => {
  const tokens: string[] = [];
  const script: Script = (exchange) => {
    tokens.push(exchange.field("authorization")?.slice("Bearer ".length) ?? "");
    return exchange.respond(200, [], `${tokens.join("\n")}\n${PASSWORD}\n${btoa(`me:${PASSWORD}`)}\n`);
  };
  await withRegistry(issue, script, async (_, ask) => {
    for (const name of ["a", "b", "c"]) await ask(`GET /v2/${name}/tags/list`);
    const { body } = await ask("GET /v2/");
    assertEquals(new Set(tokens).size, 4);
    for (const secret of [...tokens, PASSWORD, btoa(`me:${PASSWORD}`)]) {
      assert(!body.text.includes(secret.slice(0, 24)), body.text);
    }
  });
});

Deno.test("a registry's token service may call the token by either name, and leave out its life", async () => {
  const names = ["token", "access_token"];
  const answer = ({ number }: TokenRequest) => ({
    [names[number - 1] ?? "token"]: tokenOf("x".repeat(number)),
  });
  await withRegistry(answer, OK, async ({ issuer }, ask) => {
    for (const name of ["a", "b", "a", "b"]) {
      assertEquals((await ask(`GET /v2/${name}/tags/list`)).status, 200);
    }
    assertEquals(issuer.requests.length, 2);
  });
});

Deno.test("a repository that the token service refuses does not keep others from theirs; a rejected password does", async () => {
  let rejects = false;
  const answer = (asked: TokenRequest): TokenAnswer => {
    if (rejects) return { status: 401, text: "{}" };
    return scopeOf(asked)?.includes("secret") ? { status: 403, text: "{}" } : issue(asked);
  };
  await withRegistry(answer, OK, async ({ issuer }, ask) => {
    const refused = await ask("GET /v2/secret/tags/list");
    assertEquals([refused.status, refused.field("cred-proxy-error")], [500, "token_refused"]);
    assertEquals((await ask("GET /v2/acme/tags/list")).status, 200);
    rejects = true;
    const before = issuer.requests.length;
    for (const name of ["a", "b", "c"]) assertEquals((await ask(`GET /v2/${name}/tags/list`)).status, 500);
    assertEquals(issuer.requests.length, before + 1);
    assertEquals((await ask("GET /v2/acme/tags/list")).status, 200);
  });
});
