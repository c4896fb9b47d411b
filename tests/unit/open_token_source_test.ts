import { assertEquals } from "@std/assert";
import { Secret } from "../../lib/core/secret.ts";
import type { MintedTokens } from "../../lib/tokens/minted_tokens.ts";
import { openTokenSource } from "../../lib/tokens/open_token_source.ts";
import { StoredToken } from "../../lib/tokens/stored_token.ts";
import type { TokenFiles } from "../../lib/tokens/token_files.ts";
import { routeOf } from "../support/route.ts";

Deno.test("openTokenSource() takes a key from the variable that a route names, though a file has the same name", () => {
  const keys = { access_key_id_env: "KEY_ID", secret_access_key_file: "KEY" };
  const route = routeOf({
    auth_scheme: undefined,
    token_env: undefined,
    sign_with: { aws_sigv4: { region: "eu-central-1", service: "s3", ...keys } },
  });
  const file = (name: string) => new StoredToken(name, Secret.of(`${name}-of-the-file`));
  const source = openTokenSource(route, {
    tokens: new Map(["KEY_ID", "KEY"].map((name) => [name, Secret.of(`${name}-of-the-variable`)])),
    files: { source: file } as unknown as TokenFiles,
    minted: undefined as unknown as MintedTokens,
  });
  const secrets = source.secrets?.map((secret) => secret.reveal());
  assertEquals(secrets, ["KEY_ID-of-the-variable", "KEY-of-the-file"]);
});

/** Opens the source of a route with these fields, among a variable and a file that are set. */
function open(fields: object) {
  const file = (name: string) =>
    name === "gh" ? new StoredToken("the file gh", Secret.of("of-the-file")) : undefined;
  return openTokenSource(routeOf({ token_env: undefined, ...fields }), {
    tokens: new Map([["GH", Secret.of("of-the-variable")]]),
    files: { source: file } as unknown as TokenFiles,
    minted: undefined as unknown as MintedTokens,
  });
}

Deno.test("openTokenSource() takes a token from the variable or the file that a route names, set or not", () => {
  const cases: [fields: object, current: string | undefined, name: string][] = [
    [{ token_env: "GH" }, "of-the-variable", "GH"],
    [{ token_env: "UNSET" }, undefined, "UNSET"],
    [{ token_file: "gh" }, "of-the-file", "the file gh"],
    [{ token_file: "GH" }, undefined, "the file GH"],
  ];
  for (const [fields, current, name] of cases) {
    const source = open(fields);
    assertEquals([source.current?.reveal(), source.describe()], [current, name]);
  }
});

Deno.test("openTokenSource() misses nothing on a route that needs no token", () => {
  const source = open({ anonymous: true, auth_scheme: undefined });
  assertEquals([source.current, source.former, source.missing?.()], [undefined, [], []]);
});
