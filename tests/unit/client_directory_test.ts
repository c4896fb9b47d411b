import { assert, assertEquals, assertRejects } from "@std/assert";
import { ClientDirectory, type Identity, type Registered } from "../../lib/clients/client_directory.ts";
import { Issuer } from "../../lib/clients/issuer.ts";
import { IssuerKeys } from "../../lib/clients/issuer_keys.ts";
import type { ClientConfig } from "../../lib/config/route/route_config.ts";
import { parseRoutes } from "../../lib/config/route/route_table.ts";
import { ok } from "../../lib/core/result.ts";
import { Secret } from "../../lib/core/secret.ts";
import { sha256 } from "../../lib/core/sha256.ts";
import type { Refusal } from "../../lib/http/refusal.ts";
import { AUDIENCE, ISSUER, jwks, makeKey, podToken } from "../support/cluster.ts";
import { valueOf } from "../support/result.ts";

const ROUTE = {
  path: "/a/",
  upstream: "https://a.test",
  auth_scheme: "Bearer",
  token_env: "A_TOKEN",
};

/** The clients of a table with these entries. */
function clientsOf(entries: readonly object[]): readonly ClientConfig[] {
  const issuers = entries.some((entry) => "subject" in entry)
    ? {
      issuers: [{ issuer: ISSUER, audience: AUDIENCE, jwks_file: "jwks.json" }],
    }
    : {};
  const clients = entries.map((entry) => ({ routes: "*", ...entry }));
  return valueOf(
    parseRoutes(JSON.stringify({ clients, ...issuers, routes: [ROUTE] })),
  ).clients;
}

interface Setup {
  readonly tokens?: Record<string, string>;
  readonly secrets?: readonly string[];
  readonly jwks?: string;
}

/** A directory of clients, and what the test changes in it. */
function directoryOf(
  entries: readonly object[],
  { tokens = {}, secrets = [], jwks }: Setup = {},
) {
  const state = { tokens, secrets, version: 0 };
  const keys = new IssuerKeys(
    {
      name: "keys",
      maxAgeMs: 1000,
      minIntervalMs: 1000,
      read: () => Promise.resolve(ok(jwks ?? "")),
    },
    () => {},
  );
  const [issuer] = [
    {
      issuer: ISSUER,
      audience: AUDIENCE,
      keys: { kind: "file", file: "jwks.json" },
    } as const,
  ];
  const directory = new ClientDirectory<Registered>({
    clients: clientsOf(entries).map((config) => ({ config })),
    issuers: jwks === undefined ? [] : [new Issuer(issuer, keys)],
    hashesOf: ({ config: { proof } }) =>
      proof.kind === "hash"
        ? proof.hashes
        : proof.kind === "env" && state.tokens[proof.variable] !== undefined
        ? [sha256(state.tokens[proof.variable]!)]
        : [],
    secrets: () => state.secrets.map((each) => Secret.of(each)),
    version: () => state.version,
  });
  return { directory, state };
}

function nameOf(
  found:
    | Identity<Registered>
    | undefined
    | Promise<Identity<Registered> | undefined>,
): string | undefined {
  if (found instanceof Promise) throw new Error("The lookup waited");
  return found?.client.config.name;
}

Deno.test("find() knows a client by the hash of its token, and by each of several", () => {
  const { directory } = directoryOf([
    { name: "one", token_sha256: sha256("first") },
    {
      name: "two",
      token_sha256: [sha256("second").toUpperCase(), sha256("third")],
    },
    { name: "three", token_env: "THREE" },
    { name: "unset", token_env: "UNSET" },
  ], { tokens: { THREE: "fourth" } });
  assertEquals(
    ["first", "second", "third", "fourth", "fifth", "", "firs", sha256("first")]
      .map((token) => nameOf(directory.find(token))),
    ["one", "two", "two", "three", undefined, undefined, undefined, undefined],
  );
});

Deno.test("find() follows a token that is replaced, and drops the former one at once", () => {
  const { directory, state } = directoryOf(
    [{ name: "one", token_env: "ONE" }],
    { tokens: { ONE: "before" } },
  );
  assertEquals(nameOf(directory.find("before")), "one");
  state.tokens.ONE = "after";
  state.version++;
  assertEquals([
    nameOf(directory.find("before")),
    nameOf(directory.find("after")),
  ], [undefined, "one"]);
});

Deno.test("find() knows nobody by a token that two clients have, or that is a secret of the table", () => {
  const { directory, state } = directoryOf(
    [{ name: "one", token_env: "ONE" }, { name: "two", token_env: "TWO" }, {
      name: "three",
      token_env: "THREE",
    }],
    { tokens: { ONE: "same", TWO: "same", THREE: "three" } },
  );
  assertEquals([
    nameOf(directory.find("same")),
    nameOf(directory.find("three")),
  ], [undefined, "three"]);
  state.secrets = ["three"];
  state.version++;
  assertEquals(nameOf(directory.find("three")), undefined);
});

Deno.test("find() hashes no token that is longer than any real one", () => {
  const token = "x".repeat(16 * 1024);
  const { directory } = directoryOf([
    { name: "long", token_sha256: sha256(token) },
    { name: "longer", token_sha256: sha256(`${token}x`) },
  ]);
  assertEquals([
    nameOf(directory.find(token)),
    nameOf(directory.find(`${token}x`)),
  ], ["long", undefined]);
});

Deno.test("find() verifies a pod's token once, and then knows it", async () => {
  const key = await makeKey("RS256", "key-1");
  const { directory } = directoryOf([
    { name: "any", subject: "system:serviceaccount:agents:*" },
    { name: "coder", subject: "system:serviceaccount:agents:coder" },
    { name: "coders", subject: "system:serviceaccount:agents:coder-*" },
  ], { jwks: jwks(key) });
  const token = await podToken(key);
  const found = directory.find(token);
  assert(found instanceof Promise);
  const identity = await found;
  assertEquals(identity?.client.config.name, "coder");
  assertEquals([identity?.subject, identity?.pod], [
    "system:serviceaccount:agents:coder",
    "coder-7d9f8",
  ]);
  assertEquals(directory.find(token), identity);
  const other = async (account: string) =>
    (await directory.find(
      await podToken(key, { sub: `system:serviceaccount:${account}` }),
    ))?.client.config.name;
  assertEquals(
    [
      await other("agents:coder-2"),
      await other("agents:x"),
      await other("agents:a:b"),
      await other("other:x"),
    ],
    ["coders", "any", undefined, undefined],
  );
});

Deno.test("find() forgets a verified token when it expires", async () => {
  const key = await makeKey("ES256", "key-1");
  const { directory } = directoryOf([{ name: "coder", subject: "a" }], {
    jwks: jwks(key),
  });
  const token = await podToken(key, {
    sub: "a",
    exp: Math.floor(Date.now() / 1000) + 2,
  });
  assertEquals((await directory.find(token))?.client.config.name, "coder");
  assertEquals(nameOf(directory.find(token)), "coder");
  await new Promise((resolve) => setTimeout(resolve, 2100));
  assertEquals(await directory.find(token), undefined);
});

Deno.test("find() asks for a retry while there are no keys to verify with", async () => {
  const key = await makeKey("ES256", "key-1");
  const { directory } = directoryOf([{ name: "coder", subject: "a" }], {
    jwks: "not a key set",
  });
  const error = await assertRejects(async () => await directory.find(await podToken(key, { sub: "a" })));
  assertEquals((error as Refusal).code, "keys_unavailable");
});
