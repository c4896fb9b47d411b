/**
 * What the minters send to an issuer, as the issuer receives it.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { decodeJwt, decodeProtectedHeader, importSPKI, jwtVerify } from "jose";
import { parseRoutes } from "../../lib/config/route/route_table.ts";
import { Secret } from "../../lib/core/secret.ts";
import { ChangeCounter } from "../../lib/tokens/change_counter.ts";
import { IssuerError } from "../../lib/tokens/issuer_error.ts";
import { minterOf } from "../../lib/tokens/mint_parts.ts";
import { RefreshToken } from "../../lib/tokens/refresh_token.ts";
import { makeRsaKey } from "../support/rsa_key.ts";
import { valueOf } from "../support/result.ts";
import { type Script, startUpstream } from "../support/upstream.ts";

const KEY = await makeRsaKey();

/** What an issuer received. */
interface Received {
  readonly target: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

const githubApp = (api: string) => ({
  github_app: { app_id: 42, installation_id: 7, private_key_env: "K", api },
});

const jwtBearer = (url: string) => ({
  oauth2: {
    token_url: `${url}/token`,
    grant: "jwt_bearer",
    private_key_env: "K",
    client_id: "me",
    subject: "you",
  },
});

/** Grants whatever is asked for. */
const grant: Script = (exchange) =>
  exchange.respond(
    200,
    {},
    JSON.stringify({ access_token: "granted", token: "granted", id_token: "identity" }),
  );

/** Asserts that a time in seconds since 1970 has just been. An issuer may refuse one that is yet to come. */
function assertIsNow(seconds = 0): void {
  const ago = Date.now() / 1000 - seconds;
  assert(ago >= 0 && ago < 15, `${ago} s ago`);
}

/** The key of a service account whose assertions go to a URL, as Google issues it. */
function serviceAccountKey(tokenUrl: string): string {
  return JSON.stringify({
    type: "service_account",
    client_email: "robot@project.example",
    private_key: KEY.pkcs8,
    private_key_id: "key-1",
    token_uri: tokenUrl,
  });
}

/** Mints a token as a route's `token_from` says, at an issuer that grants everything unless a script is given. */
async function mint(
  tokenFrom: (url: string) => unknown,
  secretsAt: Readonly<Record<string, string>> | ((url: string) => Readonly<Record<string, string>>) = {},
  script: Script = grant,
) {
  const received: Received[] = [];
  await using upstream = startUpstream(async (exchange) => {
    const { target } = exchange;
    const body = new TextDecoder().decode(await exchange.bodyBytes());
    received.push({
      target,
      authorization: exchange.field("authorization"),
      body,
    });
    await script(exchange);
  });
  const route = {
    path: "/a/",
    upstream: "http://127.0.0.1",
    auth_scheme: "Bearer",
    token_from: tokenFrom(upstream.url),
  };
  const from = valueOf(parseRoutes(JSON.stringify({ routes: [route] })))
    .routes[0]?.tokenFrom;
  if (from === undefined || from.kind === "registry") throw new Error("The table has another token");
  const secrets = typeof secretsAt === "function" ? secretsAt(upstream.url) : secretsAt;
  const login = new RefreshToken({
    given: () => secrets.R === undefined ? undefined : Secret.of(secrets.R),
    file: undefined,
    changes: new ChangeCounter(),
    report: () => {},
    name: "login",
  });
  const minter = minterOf(from, {
    caCerts: [],
    egress: { https: undefined, http: undefined, bypass: [] },
    read: ({ name }) => secrets[name] === undefined ? undefined : Secret.of(secrets[name]),
  }, login);
  const { token } = await minter.mint();
  return {
    token: token.reveal(),
    received,
    secrets: minter.secrets().map((each) => each.reveal()),
  };
}

Deno.test("a client proves itself with its secret, in the field or in the content", async () => {
  const client = (method: string) => (url: string) => ({
    oauth2: {
      token_url: `${url}/token`,
      grant: "client_credentials",
      client_id: "me:1",
      client_secret_env: "S",
      client_auth: method,
      scope: "a b",
    },
  });
  const basic = await mint(client("basic"), { S: "p+q" });
  assertEquals(basic.token, "granted");
  assertEquals(basic.received, [{
    target: "/token",
    authorization: `Basic ${btoa("me%3A1:p%2Bq")}`,
    body: "grant_type=client_credentials&scope=a+b",
  }]);
  const body = await mint(client("body"), { S: "p+q" });
  assertEquals(body.received, [{
    target: "/token",
    authorization: undefined,
    body: "grant_type=client_credentials&scope=a+b&client_secret=p%2Bq&client_id=me%3A1",
  }]);
});

Deno.test("assertions are signed, name their key, and live for minutes only", async () => {
  const { received: [first], secrets } = await mint((url) => ({
    oauth2: {
      token_url: `${url}/token`,
      grant: "jwt_bearer",
      private_key_env: "K",
      key_id: "key-1",
      client_id: "me",
      subject: "you",
    },
  }), { K: KEY.pkcs8 });
  const assertion = new URLSearchParams(first?.body).get("assertion") ?? "";
  assertEquals(secrets, [assertion]);
  assertEquals(decodeProtectedHeader(assertion), {
    alg: "RS256",
    typ: "JWT",
    kid: "key-1",
  });
  const { payload } = await jwtVerify(
    assertion,
    await importSPKI(KEY.spki, "RS256"),
    {
      issuer: "me",
      subject: "you",
    },
  );
  assertEquals((payload.exp ?? 0) - (payload.iat ?? 0), 180);
  assertIsNow(payload.iat);
});

Deno.test("an app of GitHub presents an assertion from a minute ago that lives for nine", async () => {
  const { received: [first], token } = await mint(
    githubApp,
    { K: KEY.pkcs1 },
  );
  assertEquals([token, first?.target], [
    "granted",
    "/app/installations/7/access_tokens",
  ]);
  const assertion = first?.authorization?.replace("Bearer ", "") ?? "";
  assertEquals(decodeProtectedHeader(assertion), { alg: "RS256", typ: "JWT" });
  const { payload } = await jwtVerify(
    assertion,
    await importSPKI(KEY.spki, "RS256"),
    { issuer: "42" },
  );
  const { iat = 0, exp = 0 } = payload;
  assertEquals(exp - iat, 540);
  assertIsNow(iat + 60);
});

Deno.test("a service account of Google states the scopes, or the audience, and for whom it asks", async () => {
  const keyAt = (url: string) => ({ K: serviceAccountKey(`${url}/token`) });
  const cases: [fields: object, claims: object, token: string][] = [
    [{ scopes: ["a", "b"] }, { scope: "a b" }, "granted"],
    [
      { scopes: ["a"], subject: "you@project.example" },
      { scope: "a", sub: "you@project.example" },
      "granted",
    ],
    [{ audience: "https://run.example" }, { target_audience: "https://run.example" }, "identity"],
  ];
  for (const [fields, expected, token] of cases) {
    let url = "";
    const minted = await mint((at) => ({
      google_service_account: { key_env: "K", token_url: `${url = at}/token`, ...fields },
    }), keyAt);
    const { assertion = "", ...others } = Object.fromEntries(
      new URLSearchParams(minted.received[0]?.body),
    );
    assertEquals([minted.token, minted.secrets, others], [token, [assertion], {
      grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
    }]);
    assertEquals(decodeProtectedHeader(assertion), { alg: "RS256", typ: "JWT", kid: "key-1" });
    const { payload } = await jwtVerify(assertion, await importSPKI(KEY.spki, "RS256"));
    const { iat = 0, exp = 0, ...claims } = payload;
    assertEquals(claims, { iss: "robot@project.example", aud: `${url}/token`, ...expected });
    assertEquals(exp - iat, 3600);
    assertIsNow(iat);
  }
});

Deno.test("an assertion that is refused because the clocks differ is sent again, with the issuer's time", async () => {
  const serviceAccount = (url: string) => ({ K: serviceAccountKey(`${url}/token`) });
  const cases: [tokenFrom: (url: string) => unknown, secrets: typeof serviceAccount][] = [
    [githubApp, () => ({ K: KEY.pkcs1 })],
    [(url) => ({
      google_service_account: { key_env: "K", scopes: ["a"], token_url: `${url}/token` },
    }), serviceAccount],
    [jwtBearer, () => ({ K: KEY.pkcs8 })],
  ];
  for (const [tokenFrom, secrets] of cases) {
    let asked = 0;
    const ahead: Script = async (exchange) => {
      const fields = { Date: new Date(Date.now() + 600_000).toUTCString() };
      if (++asked === 1) return await exchange.respond(401, fields, "{}");
      await grant(exchange);
    };
    const { received, secrets: sent } = await mint(tokenFrom, secrets, ahead);
    assertEquals(received.length, 2);
    const [late, early] = sent.map((assertion) => Number(decodeJwt(assertion).iat));
    assert(Math.abs(late! - early! - 600) < 5, `${late} ${early}`);
  }
});

Deno.test("a service account's key for another token endpoint is a permanent error", async () => {
  const error = await assertRejects(
    () =>
      mint((url) => ({
        google_service_account: { key_env: "K", scopes: ["a"], token_url: `${url}/token` },
      }), { K: serviceAccountKey("https://other.example/token") }),
    IssuerError,
  );
  assertEquals([error.message, error.permanent], [
    "the key is for another token_url than the table's",
    true,
  ]);
});

Deno.test("a login without its refresh token is a permanent error, and the issuer is not asked", async () => {
  const error = await assertRejects(
    () =>
      mint((url) => ({
        oauth2: {
          token_url: `${url}/token`,
          grant: "refresh_token",
          client_id: "me",
          refresh_token_env: "R",
        },
      })),
    IssuerError,
  );
  assertEquals([error.message, error.permanent], ["there is no refresh token", true]);
});

Deno.test("a key that can't be used is a permanent error that does not show it", async () => {
  const key = "can't be used";
  const cases: [tokenFrom: (url: string) => unknown, message: string][] = [
    [
      githubApp,
      `the private key ${key}`,
    ],
    [jwtBearer, `the private key ${key}`],
    [
      (url) => ({
        google_service_account: {
          key_env: "K",
          scopes: ["a"],
          token_url: `${url}/token`,
        },
      }),
      `the service account's key ${key}`,
    ],
  ];
  for (const [tokenFrom, message] of cases) {
    const error = await assertRejects(
      () => mint(tokenFrom, { K: "no key" }),
      IssuerError,
    );
    assertEquals([error.message, error.permanent], [message, true]);
  }
  // It looks like a key, but the runtime can't read it.
  const damaged = KEY.pkcs8.split("\n").map((line, at) =>
    at > 1 && line.length === 64 ? "A".repeat(64) : line
  );
  const error = await assertRejects(() => mint(githubApp, { K: damaged.join("\n") }), IssuerError);
  assertEquals([error.message, error.permanent], [`the private key ${key}`, true]);
});
