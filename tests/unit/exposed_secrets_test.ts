/**
 * The secrets of a route that a response might reveal, and that are thus masked.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { exposedSecrets, hasUnmaskedPassword } from "../../lib/credentials/exposed_secrets.ts";
import { Secret } from "../../lib/core/secret.ts";
import { packAwsKeys } from "../../lib/tokens/aws_keys.ts";
import { routeOf } from "../support/route.ts";

function exposed(fields: object, token: string | Secret): readonly string[] {
  return exposedSecrets(routeOf(fields), typeof token === "string" ? Secret.of(token) : token)
    .map(({ text, isBase64 }) => `${text.reveal()}${isBase64 ? " in base64" : ""}`);
}

Deno.test("a token in a field is masked as it is, with Basic also its base64 and a password in it", () => {
  const token = "someone:pass:word/1";
  for (const scheme of ["", "Bearer", "token"]) {
    assertEquals(exposed({ auth_scheme: scheme, auth_header: "X-Key" }, token), [token]);
  }
  for (const scheme of ["Basic", "basic"]) {
    const base64 = `${btoa(token)} in base64`;
    assertEquals(exposed({ auth_scheme: scheme }, token), [token, "pass:word/1", base64]);
    assertEquals(exposed({ auth_scheme: scheme, auth_user: "me" }, token), [
      token,
      `${btoa(`me:${token}`)} in base64`,
    ]);
    const plain = "a-token-without-a-colon";
    assertEquals(exposed({ auth_scheme: scheme }, plain), [plain, `${btoa(plain)} in base64`]);
  }
});

Deno.test("a token in a URL is masked as it is, and as it is encoded there if that differs", () => {
  const inQuery = { auth_scheme: undefined, auth_query: "key" };
  const inPath = { auth_scheme: undefined, upstream: "https://api.test/bot{token}" };
  assertEquals(exposed(inQuery, "a-token/with+signs"), ["a-token/with+signs", "a-token%2Fwith%2Bsigns"]);
  assertEquals(exposed(inPath, "123456:a-token/b"), ["123456:a-token/b", "123456:a-token%2Fb"]);
  for (const route of [inQuery, inPath]) assertEquals(exposed(route, "a-plain-token"), ["a-plain-token"]);
});

Deno.test("of the keys that sign each part is masked", () => {
  const aws = { region: "eu-central-1", service: "s3", access_key_id_env: "I", secret_access_key_env: "K" };
  const route = { auth_scheme: undefined, token_env: undefined, sign_with: { aws_sigv4: aws } };
  for (const session of [undefined, "a-session-token"]) {
    const keys = packAwsKeys({
      accessKeyId: Secret.of("an-identifier"),
      secretAccessKey: Secret.of("a-secret-key"),
      sessionToken: session === undefined ? undefined : Secret.of(session),
    });
    assertEquals(exposed(route, keys), [
      "an-identifier",
      "a-secret-key",
      ...session === undefined ? [] : [session],
    ]);
  }
});

Deno.test("a token that is too short to be masked has nothing that is, and a short password is known", () => {
  assertEquals(exposed({ auth_scheme: "Basic" }, "a:b"), []);
  const cases: [fields: object, token: string, unmasked: boolean][] = [
    [{ auth_scheme: "Basic" }, "someone-long:short", true],
    [{ auth_scheme: "basic" }, "someone-long:", true],
    [{ auth_scheme: "Basic" }, "someone-long:a-long-password", false],
    [{ auth_scheme: "Basic" }, "a-token-without-a-colon", false],
    [{ auth_scheme: "Basic" }, "short", false],
    [{ auth_scheme: "Basic", auth_user: "me" }, "someone-long:short", false],
    [{ auth_scheme: "Bearer" }, "someone-long:short", false],
  ];
  for (const [fields, token, unmasked] of cases) {
    assertEquals(hasUnmaskedPassword(routeOf(fields), Secret.of(token)), unmasked, token);
  }
});
