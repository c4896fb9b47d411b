/**
 * The requests with which tokens are asked for, whole, as issuers receive them.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { parseRoutes } from "../../lib/config/route/route_table.ts";
import { parseTokenEndpoint } from "../../lib/config/route/token_endpoint.ts";
import type { SecretRef } from "../../lib/config/route/secret_ref.ts";
import { VERSION } from "../../lib/core/version.ts";
import { Secret } from "../../lib/core/secret.ts";
import { ChangeCounter } from "../../lib/tokens/change_counter.ts";
import { minterOf } from "../../lib/tokens/mint_parts.ts";
import type { MinterOptions } from "../../lib/tokens/oauth2_minter.ts";
import { RefreshToken } from "../../lib/tokens/refresh_token.ts";
import { RegistryIssuer } from "../../lib/tokens/registry_minter.ts";
import { makeRsaKey } from "../support/rsa_key.ts";
import { valueOf } from "../support/result.ts";
import { startUpstream } from "../support/upstream.ts";

const KEY = await makeRsaKey();

const STS_REPLY = "<A><AccessKeyId>i</AccessKeyId><SecretAccessKey>k</SecretAccessKey>" +
  "<SessionToken>t</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></A>";

/** Returns what an issuer receives, with its address as HOST and assertions as JWT. @param ask Asks for a token. */
async function received(
  ask: (url: string, options: MinterOptions) => Promise<unknown>,
  secrets: Readonly<Record<string, string>>,
  reply: string,
): Promise<readonly string[]> {
  const requests: string[] = [];
  await using issuer = startUpstream(async (exchange) => {
    const body = new TextDecoder().decode(await exchange.bodyBytes());
    requests.push(`${exchange.head}${body}`);
    await exchange.respond(200, {}, reply);
  });
  await ask(issuer.url, {
    caCerts: [],
    egress: { https: undefined, http: undefined, bypass: [] },
    read: ({ name }) => secrets[name] === undefined ? undefined : Secret.of(secrets[name]),
  });
  assertEquals(requests.length, 1);
  return requests[0]!.replaceAll(issuer.url.slice("http://".length), "HOST")
    .replaceAll(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, "JWT").replace(/^content-length: \d+$/m, "content-length: N")
    .split("\r\n");
}

/** Returns how a route's `token_from` asks for a token. */
function tokenFrom(fields: (url: string) => object) {
  return async (url: string, options: MinterOptions) => {
    const route = {
      path: "/a/",
      upstream: "http://127.0.0.1",
      auth_scheme: "Bearer",
      token_from: fields(url),
    };
    const from = valueOf(parseRoutes(JSON.stringify({ routes: [route] }))).routes[0]?.tokenFrom;
    if (from === undefined || from.kind === "registry") throw new Error("The table has another token");
    const login = new RefreshToken({
      given: () => options.read({ from: "variable", name: "R", kind: "token" }),
      file: undefined,
      changes: new ChangeCounter(),
      report: () => {},
      name: "login",
    });
    await minterOf(from, options, login).mint();
  };
}

/** Returns how OAuth asks for a token. */
function oauth2(fields: object) {
  return tokenFrom((url) => ({ oauth2: { token_url: `${url}/token`, client_id: "me", ...fields } }));
}

const SECRETS = { S: "p+q", R: "refresh", K: KEY.pkcs8, T: "a.web.token", J: "signed.by.another" };
const COMMON = ["host: HOST", `user-agent: cred-proxy/${VERSION}`, "accept-encoding: identity"];
const FORM = "content-type: application/x-www-form-urlencoded";
const JSON_TYPE = "content-type: application/json";
const ACCEPT = "accept: application/json";
const BASIC = `authorization: Basic ${btoa("me:p%2Bq")}`;
const ASSERTION_GRANT = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer";
const variable = (name: string): SecretRef => ({ from: "variable", name, kind: "token" });

const cases: readonly {
  readonly what: string;
  readonly ask: (url: string, options: MinterOptions) => Promise<unknown>;
  readonly line: string;
  readonly fields: readonly string[];
  readonly body?: string;
  readonly reply?: string;
}[] = [
  {
    what: "client credentials, in the field",
    ask: oauth2({
      grant: "client_credentials",
      client_secret_env: "S",
      scope: "a b",
      audience: "aud",
      parameters: { resource: "r" },
    }),
    line: "POST /token",
    fields: [ACCEPT, BASIC, FORM],
    body: "grant_type=client_credentials&resource=r&scope=a+b&audience=aud",
  },
  {
    what: "client credentials, in the content",
    ask: oauth2({
      grant: "client_credentials",
      client_secret_env: "S",
      client_auth: "body",
      body_format: "json",
    }),
    line: "POST /token",
    fields: [ACCEPT, JSON_TYPE],
    body: '{"grant_type":"client_credentials","client_secret":"p+q","client_id":"me"}',
  },
  {
    what: "a refresh token",
    ask: oauth2({ grant: "refresh_token", refresh_token_env: "R", client_secret_env: "S" }),
    line: "POST /token",
    fields: [ACCEPT, BASIC, FORM],
    body: "grant_type=refresh_token&refresh_token=refresh",
  },
  {
    what: "an assertion that is signed here",
    ask: oauth2({ grant: "jwt_bearer", private_key_env: "K", subject: "you" }),
    line: "POST /token",
    fields: [ACCEPT, FORM],
    body: `grant_type=${ASSERTION_GRANT}&assertion=JWT&client_id=me`,
  },
  {
    what: "an assertion that somebody else signed",
    ask: oauth2({ grant: "jwt_bearer", subject_token_file: "J" }),
    line: "POST /token",
    fields: [ACCEPT, FORM],
    body: `grant_type=${ASSERTION_GRANT}&assertion=signed.by.another&client_id=me`,
  },
  {
    what: "a token to exchange, and an assertion of the client",
    ask: oauth2({ grant: "token_exchange", subject_token_file: "J", client_assertion_file: "T" }),
    line: "POST /token",
    fields: [ACCEPT, FORM],
    body:
      "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token=signed.by.another" +
      "&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Ajwt" +
      "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer" +
      "&client_assertion=a.web.token&client_id=me",
  },
  {
    what: "a secret of a client without an identifier",
    ask: oauth2({
      grant: "token_exchange",
      subject_token_file: "J",
      client_id: undefined,
      client_secret_env: "S",
    }),
    line: "POST /token",
    fields: [ACCEPT, `authorization: Basic ${btoa(":p%2Bq")}`, FORM],
    body:
      "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token=signed.by.another" +
      "&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Ajwt",
  },
  {
    what: "an app of GitHub",
    ask: tokenFrom((url) => ({
      github_app: {
        app_id: 42,
        installation_id: 7,
        private_key_env: "K",
        api: `${url}/api/v3`,
        repositories: ["one", "two"],
        permissions: { contents: "read" },
      },
    })),
    line: "POST /api/v3/app/installations/7/access_tokens",
    fields: [
      "accept: application/vnd.github+json",
      "x-github-api-version: 2022-11-28",
      JSON_TYPE,
      "authorization: Bearer JWT",
    ],
    body: '{"repositories":["one","two"],"permissions":{"contents":"read"}}',
    reply: '{"token":"granted"}',
  },
  {
    what: "a service account of Google",
    ask: (url, options) => {
      const key = {
        type: "service_account",
        client_email: "robot@project.example",
        private_key: KEY.pkcs8,
        token_uri: `${url}/token`,
      };
      const ask = tokenFrom(() => ({
        google_service_account: { key_env: "G", token_url: `${url}/token`, scopes: ["a"] },
      }));
      return ask(url, { ...options, read: () => Secret.of(JSON.stringify(key)) });
    },
    line: "POST /token",
    fields: [ACCEPT, FORM],
    body: `grant_type=${ASSERTION_GRANT}&assertion=JWT`,
  },
  {
    what: "a role of AWS",
    ask: async (url, options) => {
      const from = {
        kind: "aws_role",
        endpoint: valueOf(parseTokenEndpoint(`${url}/`, "")),
        roleArn: "arn:aws:iam::1:role/agent",
        sessionName: "agent",
        webIdentityToken: variable("T"),
      } as const;
      await minterOf(from, options, undefined).mint();
    },
    line: "POST /",
    fields: ["accept: application/xml", FORM],
    body: "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&DurationSeconds=3600" +
      "&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fagent&RoleSessionName=agent&WebIdentityToken=a.web.token",
    reply: STS_REPLY,
  },
  ...[["", ""], ["repository:a:pull", "&scope=repository%3Aa%3Apull"]].map(([scope = "", query]) => ({
    what: `a registry, with the scope "${scope}"`,
    ask: async (url: string, options: MinterOptions) => {
      const endpoint = valueOf(parseTokenEndpoint(`${url}/token`, ""));
      const from = { kind: "registry", endpoint, service: "r", user: "me", password: variable("S") } as const;
      await new RegistryIssuer(from, options).ask(scope);
    },
    line: `GET /token?service=r${query}`,
    fields: [ACCEPT, `authorization: Basic ${btoa("me:p+q")}`],
  })),
];

for (const { what, ask, line, fields, body, reply = '{"access_token":"granted"}' } of cases) {
  Deno.test(`an issuer is asked in the way it documents: ${what}`, async () => {
    assertEquals(await received(ask, SECRETS, reply), [
      `${line} HTTP/1.1`,
      ...COMMON,
      ...fields,
      ...body === undefined ? [] : ["content-length: N"],
      "",
      body ?? "",
    ]);
  });
}
