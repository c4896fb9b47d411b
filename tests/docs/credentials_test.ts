/**
 * The tables of docs/CREDENTIALS.md: each is served under its exact flags, with its hosts replaced by an upstream and an
 * issuer that check what they get.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { jwtVerify } from "jose";
import { startIssuer, type TokenAnswer, type TokenRequest } from "../support/issuer.ts";
import { makeRsaKey } from "../support/rsa_key.ts";
import { startService } from "../support/service.ts";
import { startUpstream } from "../support/upstream.ts";
import { request } from "../support/wire.ts";
import { blocks, document } from "./markdown.ts";

const DOCUMENT = document("docs/CREDENTIALS.md");
const KEY = await makeRsaKey();
const PLACEHOLDER = "the-agents-own-credential";
const SECRET = "secret-Wq7Zt2LmK9xB4vNc";
const MINTED = "minted-hJ2Tq8vXbN5zR1cD4f";

/** What a route of a table must do, besides that the agent's own credential does not pass. */
interface Expected {
  /** The field that carries the credential, and others that the table sets, with their values. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** What the issuer must get; it is not asked if this is undefined. */
  readonly asked?: (request: TokenRequest) => Promise<unknown> | unknown;
  readonly answer?: () => TokenAnswer | Promise<TokenAnswer>;
}

const BEARER: Expected["fields"] = [["authorization", `Bearer ${MINTED}`]];
const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";

function expectParameters(expected: Readonly<Record<string, string>>) {
  return ({ parameters }: TokenRequest) => assertEquals(parameters, expected);
}

async function expectGitHub({ exchange, parameters }: TokenRequest): Promise<void> {
  const jwt = exchange.field("authorization")?.replace("Bearer ", "") ?? "";
  await jwtVerify(jwt, KEY.publicKey, { issuer: "123456", maxTokenAge: 600 });
  assertEquals(exchange.target, "/api.github.com/app/installations/7890123/access_tokens");
  assertEquals(parameters as unknown, {
    repositories: ["REPOSITORY"],
    permissions: { contents: "write", pull_requests: "write" },
  });
}

const GITHUB = {
  asked: expectGitHub,
  answer: () => ({
    status: 201,
    text: JSON.stringify({ token: MINTED, expires_at: "2999-01-01T00:00:00Z" }),
  }),
};

/** What each route of each section does, in the order of the document. */
const SECTIONS: Readonly<Record<string, readonly Expected[]>> = {
  "Claude subscription": [{
    fields: [["authorization", `Bearer ${SECRET}`], ["anthropic-beta", "other-beta, oauth-2025-04-20"]],
  }],
  "Codex with a ChatGPT login": [{
    fields: [...BEARER, ["chatgpt-account-id", "ACCOUNT-ID"]],
    asked: expectParameters({
      grant_type: "refresh_token",
      refresh_token: SECRET,
      client_id: "app_EMoamEEZ73f0CkXaXp7hrann",
    }),
  }],
  "Vertex AI": [{
    fields: BEARER,
    asked: async ({ parameters }) => {
      assertEquals(parameters.grant_type, JWT_BEARER);
      const { payload } = await jwtVerify(parameters.assertion ?? "", KEY.publicKey);
      assertEquals(payload.scope, "https://www.googleapis.com/auth/cloud-platform");
    },
  }],
  "Vertex AI without a key": [{
    fields: BEARER,
    asked: expectParameters({
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      subject_token: SECRET,
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      requested_token_type: "urn:ietf:params:oauth:token-type:access_token",
      scope: "https://www.googleapis.com/auth/cloud-platform",
      audience:
        "//iam.googleapis.com/projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER",
    }),
  }],
  "Azure OpenAI with Entra ID": [{
    fields: BEARER,
    asked: expectParameters({
      grant_type: "client_credentials",
      client_id: "CLIENT-ID",
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: SECRET,
      scope: "https://cognitiveservices.azure.com/.default",
    }),
  }, {
    fields: BEARER,
    asked: expectParameters({
      grant_type: "client_credentials",
      client_id: "CLIENT-ID",
      client_secret: SECRET,
      scope: "https://cognitiveservices.azure.com/.default",
    }),
  }],
  "GitHub App": [
    { fields: BEARER, ...GITHUB },
    { fields: [["authorization", `Basic ${btoa(`x-access-token:${MINTED}`)}`]], ...GITHUB },
  ],
  "GitLab with OAuth": [{
    fields: BEARER,
    asked: expectParameters({
      grant_type: "refresh_token",
      refresh_token: SECRET,
      client_id: "APPLICATION-ID",
      client_secret: SECRET,
    }),
  }],
  "Jira with OAuth": [{
    fields: BEARER,
    asked: expectParameters({
      grant_type: "refresh_token",
      refresh_token: SECRET,
      client_id: "CLIENT-ID",
      client_secret: SECRET,
    }),
  }],
  "Salesforce": [{
    fields: BEARER,
    asked: async ({ parameters }) => {
      assertEquals(parameters.grant_type, JWT_BEARER);
      await jwtVerify(parameters.assertion ?? "", KEY.publicKey, {
        issuer: "CONSUMER-KEY",
        subject: "USER@EXAMPLE.COM",
        audience: "https://login.salesforce.com",
        maxTokenAge: 180,
      });
    },
  }],
  "A service behind Google's identity": [{
    fields: BEARER,
    asked: async ({ parameters }) => {
      const { payload } = await jwtVerify(parameters.assertion ?? "", KEY.publicKey);
      assertEquals(payload.target_audience, "https://SERVICE-HASH.a.run.app");
    },
    answer: () => ({ id_token: MINTED }),
  }],
  "A registry with a token service": [{
    fields: BEARER,
    asked: ({ exchange }) => {
      assertEquals(exchange.target, "/auth.docker.io/token?service=registry.docker.io");
      assertEquals(exchange.field("authorization"), `Basic ${btoa(`USER:${SECRET}`)}`);
    },
    answer: () => ({ token: MINTED, access_token: MINTED, expires_in: 300 }),
  }],
};

/** The sections of the document that have tables, by heading. */
function sections(): ReadonlyMap<string, readonly string[]> {
  return new Map(
    DOCUMENT.split(/^## /m).slice(1).map((text): [string, readonly string[]] => [
      text.split("\n", 1)[0] ?? "",
      blocks(text, "json").filter((block) => block.includes('"routes"')),
    ]).filter(([, tables]) => tables.length > 0),
  );
}

Deno.test("docs/CREDENTIALS.md lists each of its sections, and a test knows each of its tables", () => {
  const found = sections();
  // Sections of other kinds of credentials have a test of their own.
  const minted = [...found].filter(([name, tables]) =>
    name in SECTIONS || tables.join().includes("token_from")
  );
  assertEquals(minted.map(([name]) => name), Object.keys(SECTIONS));
  for (const name of found.keys()) assert(DOCUMENT.includes(`\n| [${name}](#`), name);
});

Deno.test("each table of docs/CREDENTIALS.md does what it says", async (test) => {
  await using upstream = startUpstream((exchange) => exchange.respond(200, [], "ok"));
  let current: Expected | undefined;
  await using issuer = startIssuer(async (asked) => {
    await current?.asked?.(asked);
    return await current?.answer?.() ?? { access_token: MINTED, expires_in: 3600 };
  });
  const found = sections();
  const parts = Object.keys(SECTIONS).map((name, at) => {
    const tables = (found.get(name) ?? []).map((table) =>
      replaced(table, { upstream: upstream.url, issuer: issuer.url })
    );
    // All of them in one table, so each gets a path of its own.
    const routes = tables.flatMap((table, number) =>
      table.routes.map((route): Route => ({ ...route, path: `/${at}/${number}${route.path}` }))
    );
    return { name, routes, tables };
  });
  const tables = parts.flatMap((part) => part.tables);
  await using service = await startService({
    routes: { routes: parts.flatMap(({ routes }) => routes) },
    env: Object.assign({}, ...tables.map(({ env }) => env)),
    files: Object.assign({}, ...tables.map(({ files }) => files)),
  });
  for (const { name, routes } of parts) {
    await test.step(name, async () => {
      const expectations = SECTIONS[name] ?? [];
      assertEquals(routes.length, expectations.length);
      for (const [at, expected] of expectations.entries()) {
        current = expected;
        const fields = [
          "Host: proxy",
          `Authorization: Bearer ${PLACEHOLDER}`,
          `X-Api-Key: ${PLACEHOLDER}`,
          "Anthropic-Beta: other-beta",
        ];
        const head = `GET ${routes[at]?.path}x HTTP/1.1\r\n${fields.join("\r\n")}\r\n\r\n`;
        assertEquals((await request(service.port, head)).status, 200, service.stderr());
        const seen = upstream.requests.at(-1);
        for (const [field, value] of expected.fields) assertEquals(seen?.field(field), value);
        assert(!seen?.head.includes(PLACEHOLDER));
      }
    });
  }
  // Two routes with equal definitions share a token, and a token from a variable needs no issuer.
  const minted = parts.flatMap(({ routes }) => routes).filter((route) => route.token_from !== undefined);
  const distinct = new Set(minted.map((route) => JSON.stringify(route.token_from)));
  assertEquals(issuer.requests.length, distinct.size);
});

// deno-lint-ignore no-explicit-any -- a table as it stands in the document
type Route = Record<string, any>;

/** Returns a table with other hosts, and values for the variables and files that it names. */
function replaced(
  table: string,
  { upstream, issuer }: { readonly upstream: string; readonly issuer: string },
) {
  const env: Record<string, string> = {};
  const files: Record<string, string> = {};
  const elsewhere = (origin: string, url: string) => `${origin}/${url.slice("https://".length)}`;
  const routes: Route[] = JSON.parse(table).routes.map((route: Route) => {
    const visit = (value: unknown, key = ""): unknown => {
      if (value !== null && typeof value === "object" && !Array.isArray(value)) {
        return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, visit(each, name)]));
      }
      if (typeof value !== "string") return value;
      if (key.endsWith("_env")) env[value] = SECRET;
      if (key === "upstream") return elsewhere(upstream, value);
      if (key === "token_url" || key === "api") return elsewhere(issuer, value);
      if (!key.endsWith("_file")) return value;
      const file = value.slice(value.lastIndexOf("/") + 1);
      files[file] = key === "key_file"
        ? accountKey(elsewhere(issuer, GOOGLE))
        : key === "private_key_file"
        ? KEY.pkcs1
        : SECRET;
      return file;
    };
    const visited = visit(route) as Route;
    const { github_app: app, google_service_account: account } = visited.token_from ?? {};
    if (app !== undefined) app.api ??= elsewhere(issuer, "https://api.github.com");
    if (account !== undefined) account.token_url ??= elsewhere(issuer, GOOGLE);
    return visited;
  });
  return { routes, env, files };
}

const GOOGLE = "https://oauth2.googleapis.com/token";

function accountKey(tokenUri: string): string {
  return JSON.stringify({
    type: "service_account",
    private_key: KEY.pkcs8,
    private_key_id: "k",
    client_email: "bot@p.iam.gserviceaccount.com",
    token_uri: tokenUri,
  });
}
