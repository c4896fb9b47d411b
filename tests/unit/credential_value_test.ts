import { assert, assertEquals } from "@std/assert";
import { credentialValue } from "../../lib/credentials/credential_value.ts";
import { Secret } from "../../lib/core/secret.ts";

function valueFor(authScheme: string, token: string, authUser?: string): string {
  const secret = credentialValue({ authScheme, authUser }, Secret.of(token));
  assert(secret instanceof Secret);
  return secret.reveal();
}

Deno.test("credentialValue() puts the scheme before the token, in the table's spelling", () => {
  assertEquals(valueFor("Bearer", "t0ken"), "Bearer t0ken");
  assertEquals(valueFor("token", "t0ken"), "token t0ken");
  assertEquals(valueFor("AWS4", "a b"), "AWS4 a b");
});

Deno.test("credentialValue() returns the bare token where there is no scheme", () => {
  assertEquals(valueFor("", "t0ken"), "t0ken");
});

Deno.test("credentialValue() encodes user and password for Basic, in any case", () => {
  assertEquals(valueFor("Basic", "open sesame", "Aladdin"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  assertEquals(valueFor("Basic", "Aladdin:open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  assertEquals(valueFor("basic", "Aladdin:open sesame"), "basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  assertEquals(valueFor("Basic", "t0ken", ""), `Basic ${btoa(":t0ken")}`);
});

Deno.test("credentialValue() encodes one byte per character", () => {
  // RFC 7617, section 2: 0xa3 is the pound sign of Latin-1.
  assertEquals(valueFor("Basic", "123\xa3", "test"), "Basic dGVzdDoxMjOj");
});
