import { assertEquals } from "@std/assert";
import { TokenClashes } from "../../lib/clients/token_clashes.ts";
import { parseRoutes } from "../../lib/config/route/route_table.ts";
import { Secret } from "../../lib/core/secret.ts";
import type { SecretFiles } from "../../lib/tokens/token_guard.ts";
import { valueOf } from "../support/result.ts";

const ROUTE = { upstream: "https://a.example", auth_scheme: "Bearer" };

/** The clashes of a table: a client token of all in a variable or two clients with files, and two routes with files. */
function clashes(clients: object): TokenClashes {
  const routes = [
    { ...ROUTE, path: "/a/", token_file: "a" },
    { ...ROUTE, path: "/b/", token_file: "b", auth_scheme: "Basic" },
    { ...ROUTE, path: "/c/", token_env: "C_TOKEN" },
  ];
  const table = valueOf(parseRoutes(JSON.stringify({ ...clients, routes })));
  return new TokenClashes(
    table,
    new Map([["CLIENT_TOKEN", Secret.of("shared-token-1")], ["C_TOKEN", Secret.of("secret-of-c-1")]]),
  );
}

const SHARED = { client_token_env: "CLIENT_TOKEN" };
const LISTED = {
  clients: ["one", "two"].map((name) => ({ name, token_file: name, routes: "*" })),
};

function filesOf(texts: Readonly<Record<string, string>>): SecretFiles {
  return {
    source: (name) => ({ current: texts[name] === undefined ? undefined : Secret.of(texts[name]) }),
  };
}

const FILES = { a: "secret-of-a-1", b: "someone:password-of-b", one: "token-of-one", two: "token-of-two" };

function problems(guard: TokenClashes, name: string, text: string): readonly string[] {
  return guard.checkOne(name, Secret.of(text), filesOf(FILES)).map(({ path, message }) =>
    `${path}: ${message}`
  );
}

Deno.test("TokenClashes finds nothing where no client authenticates, and where all secrets differ", () => {
  for (const clients of [{}, SHARED, LISTED]) {
    const guard = clashes(clients);
    assertEquals(guard.checkAll(filesOf(FILES)), []);
    assertEquals(problems(guard, "a", "another-secret-1"), []);
  }
  assertEquals(problems(clashes({}), "a", "shared-token-1"), []);
});

Deno.test("TokenClashes.checkAll() finds a client token that is a secret, or a part of one", () => {
  for (const files of [{ ...FILES, a: "shared-token-1" }, { ...FILES, b: "someone:shared-token-1" }]) {
    assertEquals(clashes(SHARED).checkAll(filesOf(files)).map(({ path }) => path), ["CLIENT_TOKEN"]);
  }
  const listed = clashes(LISTED).checkAll(
    filesOf({ ...FILES, one: "secret-of-c-1", two: btoa("someone:password-of-b") }),
  );
  assertEquals(listed.map(({ path }) => path), ["the client one", "the client two"]);
  const same = clashes(LISTED).checkAll(filesOf({ ...FILES, one: "token-of-two" }));
  assertEquals(same.map(({ path, message }) => `${path} ${message}`), [
    "the client two has the same token as the client one",
  ]);
});

Deno.test("TokenClashes.checkOne() finds a route's file that now holds a client's token", () => {
  assertEquals(problems(clashes(SHARED), "a", "shared-token-1"), ["a: is the token of all clients"]);
  const guard = clashes(LISTED);
  assertEquals(problems(guard, "a", "token-of-two"), ["a: is the token of the client two"]);
  assertEquals(problems(guard, "b", "someone:token-of-one"), ["b: is the token of the client one"]);
});

Deno.test("TokenClashes.checkOne() finds a client's file that now holds a secret, and knows the token from then on", () => {
  const guard = clashes(LISTED);
  assertEquals(problems(guard, "one", "secret-of-a-1").length, 1);
  assertEquals(problems(guard, "one", "password-of-b").length, 1);
  assertEquals(problems(guard, "one", "token-of-two").length, 1);
  assertEquals(problems(guard, "one", "new-token-of-one"), []);
  const after = filesOf({ ...FILES, one: "new-token-of-one" });
  assertEquals(guard.checkOne("a", Secret.of("new-token-of-one"), after).length, 1);
  assertEquals(guard.checkOne("a", Secret.of("token-of-one"), after), []);
});
