/**
 * Tokens for assertions: signed here, or by somebody else. The issuers verify them with a library of their own.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { type JWTHeaderParameters, type JWTPayload, jwtVerify, type JWTVerifyOptions, SignJWT } from "jose";
import { startIssuer, type TokenAnswer, type TokenRequest } from "../support/issuer.ts";
import { makeRsaKey, type RsaKey } from "../support/rsa_key.ts";
import { type Service, startService } from "../support/service.ts";
import { startUpstream } from "../support/upstream.ts";
import { request } from "../support/wire.ts";

const KEY: RsaKey = await makeRsaKey();
const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";

async function claimsIn(
  token: string | undefined,
  options: JWTVerifyOptions = {},
): Promise<JWTPayload & { readonly header: JWTHeaderParameters }> {
  const { payload, protectedHeader } = await jwtVerify(token ?? "", KEY.publicKey, {
    algorithms: ["RS256"],
    ...options,
  });
  return { ...payload, header: protectedHeader };
}

interface Setting {
  readonly service: Service;
  /** Requests something through the route, and returns the status and the credential that the upstream got. */
  ask(): Promise<[status: number, credential: string | undefined]>;
}

async function withRoute(
  tokenFrom: object,
  { env = {}, files = {} }: { env?: Record<string, string>; files?: Record<string, string> },
  run: (setting: Setting) => Promise<void>,
): Promise<void> {
  await using upstream = startUpstream((exchange) => exchange.respond(200, [], "ok"));
  const route = { path: "/a/", upstream: upstream.url, auth_scheme: "Bearer", token_from: tokenFrom };
  await using service = await startService({ routes: { routes: [route] }, env, files });
  await run({
    service,
    async ask() {
      const before = upstream.requests.length;
      const { status } = await request(service.port, "GET /a/x HTTP/1.1\r\nHost: proxy\r\n\r\n");
      return [status, upstream.requests[before]?.field("authorization")];
    },
  });
}

/** Responds as GitHub does, and verifies what it verifies. */
async function github({ exchange, parameters }: TokenRequest): Promise<TokenAnswer> {
  const bad = (status: number, text: string) => ({ status, text: JSON.stringify({ message: text }) });
  if (exchange.target !== "/api/v3/app/installations/7/access_tokens") return bad(404, "Not Found");
  if (exchange.field("user-agent") === undefined) return bad(403, "Request forbidden");
  if (exchange.field("accept") !== "application/vnd.github+json") return bad(415, "Unsupported");
  const jwt = exchange.field("authorization")?.replace("Bearer ", "");
  const { iat = 0, exp = 0 } = await claimsIn(jwt, { issuer: "42", maxTokenAge: 600 });
  if (iat > Date.now() / 1000 - 30 || exp - iat > 600) return bad(401, "times");
  const expires_at = new Date(Date.now() + 3_600_000).toISOString();
  return { status: 201, text: JSON.stringify({ token: `ghs_${"x".repeat(516)}`, expires_at, parameters }) };
}

Deno.test("github_app presents an assertion that GitHub accepts, and takes a long token with 201", async () => {
  await using issuer = startIssuer(github);
  const app = {
    app_id: 42,
    installation_id: 7,
    private_key_file: "app.pem",
    repositories: ["one", "two"],
    permissions: { contents: "read", pull_requests: "write" },
    api: `${issuer.url}/api/v3`,
  };
  await withRoute({ github_app: app }, { files: { "app.pem": KEY.pkcs1 } }, async ({ ask }) => {
    assertEquals(await ask(), [200, `Bearer ghs_${"x".repeat(516)}`]);
    assertEquals(issuer.requests.map(({ parameters }) => parameters as unknown), [{
      repositories: ["one", "two"],
      permissions: { contents: "read", pull_requests: "write" },
    }]);
  });
});

Deno.test("a private key that was replaced is used for the next token, and a bad one is rejected", async () => {
  const before = await makeRsaKey();
  await using issuer = startIssuer(async (asked) => {
    try {
      return await github(asked);
    } catch {
      return { status: 401, text: '{"message":"A JSON web token could not be decoded"}' };
    }
  });
  const app = {
    app_id: "42",
    installation_id: "7",
    private_key_file: "app.pem",
    api: `${issuer.url}/api/v3/`,
  };
  await withRoute({ github_app: app }, { files: { "app.pem": before.pkcs8 } }, async ({ service, ask }) => {
    assertEquals((await ask())[0], 500);
    await service.logged(/responded with 401; there is no token; no further attempt/);
    const path = join(service.folder, "app.pem");
    await Deno.writeTextFile(
      path,
      KEY.pkcs1.replace("RSA PRIVATE", "EC PRIVATE").replace("RSA PRIVATE", "EC PRIVATE"),
    );
    await service.logged(
      /app\.pem: must be an RSA private key.*\(the value is not shown\); keeping the current token/,
    );
    assertEquals([(await ask())[0], issuer.requests.length], [500, 1]);
    await Deno.writeTextFile(path, KEY.pkcs1);
    await service.logged(/app\.pem: new token loaded/);
    assertEquals((await ask())[0], 200);
  });
});

Deno.test("an assertion that is refused because the clocks differ is sent again with the issuer's time", async () => {
  const difference = -7_200_000;
  await using issuer = startIssuer(async ({ exchange }) => {
    const jwt = exchange.field("authorization")?.replace("Bearer ", "");
    const currentDate = new Date(Date.now() + difference);
    const fields = { Date: currentDate.toUTCString() };
    try {
      await claimsIn(jwt, { issuer: "42", maxTokenAge: 600, currentDate });
    } catch {
      return { status: 401, fields, text: "{}" };
    }
    // It expires by the issuer's clock.
    const expires_at = new Date(Date.now() + difference + 60_000).toISOString();
    return { status: 201, fields, text: JSON.stringify({ token: "ghs_token", expires_at }) };
  });
  const app = { app_id: 42, installation_id: 7, private_key_env: "KEY", api: issuer.url };
  // As in a file of variables, which has one line for each.
  const env = { KEY: KEY.pkcs1.replaceAll("\n", "\\n") };
  await withRoute({ github_app: app }, { env }, async ({ ask }) => {
    assertEquals(await ask(), [200, "Bearer ghs_token"]);
    assertEquals(issuer.requests.length, 2);
    assertEquals(await ask(), [200, "Bearer ghs_token"]);
    assertEquals(issuer.requests.length, 2);
  });
});

/** Returns a key file of a Google service account. */
function accountKey(tokenUri: string): string {
  return JSON.stringify({
    type: "service_account",
    project_id: "p",
    private_key_id: "key-1",
    private_key: KEY.pkcs8,
    client_email: "bot@p.iam.gserviceaccount.com",
    token_uri: tokenUri,
  });
}

Deno.test("google_service_account obtains an access token for scopes, or an ID token for an audience", async () => {
  await using issuer = startIssuer(async ({ parameters }) => {
    assertEquals(parameters.grant_type, JWT_BEARER);
    const { target_audience, scope, sub, header, iat = 0, exp = 0 } = await claimsIn(parameters.assertion, {
      issuer: "bot@p.iam.gserviceaccount.com",
      audience: `${issuer.url}/token`,
    });
    assertEquals([header.kid, exp - iat], ["key-1", 3600]);
    if (scope !== undefined) return { access_token: `ya29.${scope} for ${sub}`, expires_in: 3599 };
    const id_token = await new SignJWT({ aud: String(target_audience) }).setProtectedHeader({ alg: "HS256" })
      .setExpirationTime("1h").sign(new Uint8Array(32));
    return { id_token };
  });
  const token_url = `${issuer.url}/token`;
  const files = { "key.json": accountKey(token_url) };
  const account = { key_file: "key.json", token_url };
  const scopes = ["https://www.googleapis.com/auth/cloud-platform", "b"];
  await withRoute(
    { google_service_account: { ...account, scopes, subject: "me@x" } },
    { files },
    async ({ ask }) => {
      assertEquals(await ask(), [200, `Bearer ya29.${scopes.join(" ")} for me@x`]);
    },
  );
  await withRoute(
    { google_service_account: { ...account, audience: "https://run.app" } },
    { files },
    async ({ ask }) => {
      const [status, credential] = await ask();
      assertEquals([status, JSON.parse(atob(credential?.split(".")[1] ?? "")).aud], [200, "https://run.app"]);
      await ask();
      // The token's own expiry is known.
      assertEquals(issuer.requests.length, 2);
    },
  );
});

Deno.test("a key for another token endpoint than the table's is not presented to either", async () => {
  await using issuer = startIssuer(() => ({ access_token: "x" }));
  const files = { "key.json": accountKey("https://oauth2.googleapis.com/token") };
  const account = { key_file: "key.json", scopes: ["s"], token_url: `${issuer.url}/token` };
  await withRoute({ google_service_account: account }, { files }, async ({ ask, service }) => {
    assertEquals((await ask())[0], 500);
    await service.logged(/the key is for another token_url than the table's/);
    assertEquals(issuer.requests.length, 0);
  });
});

Deno.test("jwt_bearer signs an assertion for its subject", async () => {
  await using issuer = startIssuer(async ({ parameters }) => {
    const { sub, aud, jti, header } = await claimsIn(parameters.assertion, {
      issuer: "client",
      maxTokenAge: 300,
    });
    assert(typeof jti === "string" && jti.length > 20);
    return { access_token: [sub, aud, header.kid, parameters.client_id].join("/") };
  });
  const oauth2 = {
    token_url: `${issuer.url}/token`,
    grant: "jwt_bearer",
    client_id: "client",
    private_key_env: "KEY",
    key_id: "k1",
    subject: "user",
    audience: "https://login.example",
  };
  await withRoute({ oauth2 }, { env: { KEY: KEY.pkcs8 } }, async ({ ask }) => {
    assertEquals(await ask(), [200, "Bearer user/https://login.example/k1/client"]);
  });
});

Deno.test("assertions that somebody else signed are read from their file each time, and sent as they are", async () => {
  const seen: Record<string, string>[] = [];
  await using issuer = startIssuer(({ parameters, number }) => {
    seen.push({ ...parameters });
    return { access_token: `token-${number}`, expires_in: 0.3, issued_token_type: "x" };
  });
  const common = { token_url: `${issuer.url}/token`, client_id: "me", audience: "aud" };
  const cases: [oauth2: object, expected: object][] = [
    [{ grant: "client_credentials", client_assertion_file: "jwt" }, {
      grant_type: "client_credentials",
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: "first.jwt.x",
      client_id: "me",
      audience: "aud",
    }],
    [{ grant: "jwt_bearer", subject_token_file: "jwt", audience: undefined }, {
      grant_type: JWT_BEARER,
      assertion: "first.jwt.x",
      client_id: "me",
    }],
    [{ grant: "token_exchange", subject_token_file: "jwt", parameters: { subject_token_type: "urn:x" } }, {
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      subject_token: "first.jwt.x",
      subject_token_type: "urn:x",
      client_id: "me",
      audience: "aud",
    }],
  ];
  await using upstream = startUpstream((exchange) => exchange.respond(200, [], "ok"));
  const routes = cases.map(([oauth2], at) => ({
    path: `/${at}/`,
    upstream: upstream.url,
    auth_scheme: "Bearer",
    token_from: { oauth2: { ...common, ...oauth2 } },
  }));
  await using service = await startService({ routes: { routes }, files: { jwt: "first.jwt.x\n" } });
  const ask = async (at: number) => {
    const { status } = await request(service.port, `GET /${at}/x HTTP/1.1\r\nHost: proxy\r\n\r\n`);
    assertEquals(status, 200);
    return seen.at(-1) ?? {};
  };
  for (const [at, [, expected]] of cases.entries()) {
    assertEquals(await ask(at), expected as Record<string, string>);
  }
  await Deno.writeTextFile(join(service.folder, "jwt"), "second.jwt.x\n");
  await service.logged(/jwt: new token loaded/);
  for (const at of cases.keys()) assert(Object.values(await ask(at)).includes("second.jwt.x"));
});
