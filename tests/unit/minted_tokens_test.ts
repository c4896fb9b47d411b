import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { routesWithTokens, type RouteTable } from "../../lib/config/route/route_config.ts";
import { parseRoutes } from "../../lib/config/route/route_table.ts";
import type { TokenFrom } from "../../lib/config/route/token_from.ts";
import { Secret } from "../../lib/core/secret.ts";
import type { Refusal } from "../../lib/http/refusal.ts";
import { MintedTokens, type MintSecrets } from "../../lib/tokens/minted_tokens.ts";
import { TokenFiles } from "../../lib/tokens/token_files.ts";
import { startIssuer } from "../support/issuer.ts";
import { valueOf } from "../support/result.ts";
import { withFolder } from "../support/with_folder.ts";

const MODULES = ["minted_tokens.ts", "mint_parts.ts"];

/** Opens the minted tokens of a table with one route. @returns Which of {@linkcode MODULES} that loads. */
async function loadedFor(fields: object): Promise<readonly string[]> {
  const folder = await Deno.makeTempDir();
  const url = (path: string) => JSON.stringify(new URL(`../../lib/${path}`, import.meta.url).href);
  const script = `
    import { parseRoutes } from ${url("config/route/route_table.ts")};
    import { MintedTokens } from ${url("tokens/minted_tokens.ts")};
    import { TokenFiles } from ${url("tokens/token_files.ts")};
    const table = parseRoutes(JSON.stringify({ routes: [${
    JSON.stringify({
      path: "/a/",
      upstream: "http://127.0.0.1:1",
      auth_scheme: "Bearer",
      ...fields,
    })
  }] }));
    const egress = { https: undefined, http: undefined, bypass: [] };
    const options = { caCerts: [], egress, stateFolder: undefined, report() {} };
    await MintedTokens.open(table.value, options, { tokens: new Map(), files: TokenFiles.NONE });
  `;
  try {
    await Deno.writeTextFile(`${folder}/script.ts`, script);
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--no-check",
        "--config",
        fromFileUrl(new URL("../../deno.json", import.meta.url)),
        `${folder}/script.ts`,
      ],
      env: {
        DENO_COVERAGE_DIR: `${folder}/coverage`,
        DENO_NO_UPDATE_CHECK: "1",
      },
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    const loaded = new Set<string>();
    for await (const { name } of Deno.readDir(`${folder}/coverage`)) {
      const { url } = JSON.parse(
        await Deno.readTextFile(`${folder}/coverage/${name}`),
      );
      loaded.add(url.replace(/^.*\//, ""));
    }
    return MODULES.filter((each) => loaded.has(each));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("MintedTokens loads what mints tokens only for a table that has a route with token_from", async () => {
  const minted = {
    token_from: {
      oauth2: {
        token_url: "https://login.example.com/token",
        grant: "client_credentials",
        client_id: "me",
        client_secret_env: "S",
      },
    },
  };
  assertEquals(
    await Promise.all([loadedFor({ token_env: "A_TOKEN" }), loadedFor(minted)]),
    [["minted_tokens.ts"], ["minted_tokens.ts", "mint_parts.ts"]],
  );
});

/** A table with a route for each of these definitions. */
function tableOf(...definitions: readonly object[]): RouteTable {
  const routes = definitions.map((token_from, at) => ({
    path: `/${at}/`,
    upstream: "http://127.0.0.1:1",
    auth_scheme: "Bearer",
    token_from,
  }));
  return valueOf(parseRoutes(JSON.stringify({ routes })));
}

/** The definitions of a table, in its order. */
function definitionsOf(table: RouteTable): readonly TokenFrom[] {
  return routesWithTokens(table).flatMap(({ tokenFrom }) => tokenFrom ?? []);
}

function oauth2(url: string, more: object = {}): object {
  return {
    oauth2: {
      token_url: `${url}/token`,
      grant: "client_credentials",
      client_id: "me",
      client_secret_env: "S",
      ...more,
    },
  };
}

const SECRETS: MintSecrets = {
  tokens: new Map([["S", Secret.of("client-secret")], [
    "R",
    Secret.of("refresh-0"),
  ]]),
  files: TokenFiles.NONE,
};

function open(
  table: RouteTable,
  secrets = SECRETS,
  stateFolder?: string,
): Promise<MintedTokens> {
  const egress = { https: undefined, http: undefined, bypass: [] };
  return MintedTokens.open(table, {
    caCerts: [],
    egress,
    stateFolder,
    report() {},
  }, secrets);
}

/** Returns the token of a definition, or the code of its refusal. */
async function tokenOf(
  minted: MintedTokens,
  from: TokenFrom,
): Promise<string | undefined> {
  const source = minted.source(from);
  try {
    await source.ready();
    return source.current?.reveal();
  } catch (error) {
    return (error as Refusal).code;
  }
}

Deno.test("definitions share a token if they are equal, and only then", async () => {
  const url = "http://127.0.0.1:1";
  const table = tableOf(
    oauth2(url),
    oauth2(url),
    oauth2(url, { scope: "a" }),
    oauth2(url, { parameters: { resource: "a" } }),
    oauth2(url, { parameters: { resource: "b" } }),
    { github_app: { app_id: 1, installation_id: 2, private_key_env: "S" } },
    {
      registry: {
        token_url: `${url}/token`,
        service: "r",
        user: "me",
        password_env: "S",
      },
    },
  );
  const minted = await open(table);
  const [first, equal, ...others] = definitionsOf(table).map((from) => minted.source(from));
  assert(first === equal);
  assertEquals(new Set([first, ...others]).size, 6);
});

Deno.test("a reload keeps a token whose definition the table still has, and forgets another with its failure", async () => {
  await using issuer = startIssuer(({ number }) => ({
    access_token: `token-${number}`,
  }));
  const table = tableOf(oauth2(issuer.url), oauth2(issuer.url, { scope: "a" }));
  const [kept, dropped] = definitionsOf(table) as [TokenFrom, TokenFrom];
  const minted = await open(table);
  assertEquals([await tokenOf(minted, kept), await tokenOf(minted, dropped)], [
    "token-1",
    "token-2",
  ]);
  await minted.reload(tableOf(oauth2(issuer.url)), SECRETS);
  assertEquals(await tokenOf(minted, kept), "token-1");
  await minted.reload(table, SECRETS);
  assertEquals(await tokenOf(minted, dropped), "token-3");
});

Deno.test("a reload makes what an issuer refused be tried again, with the secrets of the new table", async () => {
  await using issuer = startIssuer(() => ({
    status: 400,
    text: '{"error":"invalid_client"}',
  }));
  const table = tableOf(oauth2(issuer.url));
  const [from] = definitionsOf(table) as [TokenFrom];
  const minted = await open(table);
  for (let count = 0; count < 2; count++) {
    assertEquals(await tokenOf(minted, from), "token_refused");
  }
  await minted.reload(table, SECRETS);
  assertEquals(await tokenOf(minted, from), "token_refused");
  assertEquals(issuer.requests.length, 2);
  await minted.reload(table, {
    ...SECRETS,
    tokens: new Map([["S", Secret.of("another")]]),
  });
  issuer.setAnswer(({ exchange }) => ({
    access_token: atob(exchange.field("authorization")!.slice(6)),
  }));
  assertEquals(await tokenOf(minted, from), "me:another");
});

Deno.test("what mints tokens is loaded by a reload to the first table that needs it, if for one route", async () => {
  await using issuer = startIssuer(() => ({ access_token: "token" }));
  const common = { upstream: "http://127.0.0.1:1", auth_scheme: "Bearer" };
  const plain = { ...common, path: "/a/", token_env: "S" };
  const minting = { ...common, path: "/b/", token_from: oauth2(issuer.url) };
  const [without, mixed] = [[plain], [plain, minting]].map((routes) =>
    valueOf(parseRoutes(JSON.stringify({ routes })))
  ) as [RouteTable, RouteTable];
  const minted = await open(without);
  await minted.reload(mixed, SECRETS);
  assertEquals(await tokenOf(minted, definitionsOf(mixed)[0]!), "token");
});

Deno.test("a secret that a file held before is masked too", async () => {
  await withFolder(async (folder) => {
    const secretsOf = (minted: MintedTokens) =>
      definitionsOf(table).map((from) => minted.source(from).secrets.map((each) => each.reveal()));
    const table = tableOf(
      oauth2("http://127.0.0.1:1"),
      oauth2("http://127.0.0.1:1", {
        client_secret_env: undefined,
        client_secret_file: "secret",
      }),
    );
    await Deno.writeTextFile(`${folder}/secret`, "first");
    const files = valueOf(
      await TokenFiles.open(folder, [{ name: "secret", kind: "token" }]),
    );
    const minted = await open(table, { ...SECRETS, files });
    assertEquals(secretsOf(minted), [["client-secret"], ["first"]]);
    await Deno.writeTextFile(`${folder}/secret`, "second");
    for (let look = 0; look < 2; look++) await files.poll(() => {});
    assertEquals(secretsOf(minted), [["client-secret"], ["second", "first"]]);
  });
});

Deno.test("definitions that differ in their scopes use one refresh token, and others their own", async () => {
  await using issuer = startIssuer(({ number, parameters }) => ({
    access_token: `token-for-${parameters.refresh_token}`,
    refresh_token: `refresh-${number}`,
  }));
  const login = { grant: "refresh_token", refresh_token_env: "R" };
  const table = tableOf(
    oauth2(issuer.url, { ...login, scope: "a" }),
    oauth2(issuer.url, { ...login, scope: "b" }),
    oauth2(issuer.url, { ...login, client_id: "you" }),
  );
  const minted = await open(table);
  const tokens: unknown[] = [];
  for (const from of definitionsOf(table)) {
    tokens.push(await tokenOf(minted, from));
  }
  assertEquals(tokens, [
    "token-for-refresh-0",
    "token-for-refresh-1",
    "token-for-refresh-0",
  ]);
});

Deno.test("a refresh token that the issuer replaces is kept in the folder of the state, if there is one", async () => {
  await using issuer = startIssuer(({ parameters }) => ({
    access_token: `token-for-${parameters.refresh_token}`,
    refresh_token: "refresh-1",
  }));
  const table = tableOf(
    oauth2(issuer.url, { grant: "refresh_token", refresh_token_env: "R" }),
  );
  const [from] = definitionsOf(table) as [TokenFrom];
  await withFolder(async (folder) => {
    const tokens: unknown[] = [];
    for (const state of [undefined, folder, folder]) {
      tokens.push(await tokenOf(await open(table, SECRETS, state), from));
    }
    assertEquals(tokens, [
      "token-for-refresh-0",
      "token-for-refresh-0",
      "token-for-refresh-1",
    ]);
  });
});
