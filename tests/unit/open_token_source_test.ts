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
