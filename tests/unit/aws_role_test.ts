import { assert, assertEquals, assertThrows } from "@std/assert";
import { readRoleReply } from "../../lib/tokens/aws_role_minter.ts";
import { unpackAwsKeys } from "../../lib/tokens/aws_keys.ts";
import type { IssuerResponse } from "../../lib/tokens/issuer.ts";
import { IssuerError } from "../../lib/tokens/issuer_error.ts";

const KEY = "hunter2/secret+key";

/** A response as AWS's Security Token Service sends it. */
function replyOf(fields: Readonly<Record<string, string>> = {}): string {
  const all = {
    SessionToken: "session==",
    SecretAccessKey: KEY,
    Expiration: "2026-01-01T01:00:00Z",
    AccessKeyId: "ASIAHUNTER2HUNTER2",
    ...fields,
  };
  const elements = Object.entries(all).map(([name, value]) =>
    value === "" ? "" : `<${name}>${value}</${name}>`
  );
  return `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult><Credentials>${elements.join("\n")}</Credentials>
  <SubjectFromWebIdentityToken>system:serviceaccount:agents:a</SubjectFromWebIdentityToken>
  </AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;
}

function read(text: string, more: Partial<IssuerResponse> = {}) {
  return readRoleReply({
    status: 200,
    date: Date.parse("2026-01-01T00:00:00Z"),
    retryAfterMs: undefined,
    rateLimited: false,
    text,
    ...more,
  }, "sts.test");
}

Deno.test("readRoleReply() returns the keys and their life by the issuer's clock", () => {
  const { token, lifeMs } = read(replyOf());
  const { accessKeyId, secretAccessKey, sessionToken } = unpackAwsKeys(token);
  assertEquals(
    [accessKeyId, secretAccessKey, sessionToken].map((each) => each?.reveal()),
    ["ASIAHUNTER2HUNTER2", KEY, "session=="],
  );
  assertEquals(lifeMs, 3_600_000);
  assertEquals(read(replyOf({ Expiration: "2026-01-01T00:00:00.001Z" })).lifeMs, 1);
  assertEquals(read(replyOf({ Expiration: "2027-01-01T00:00:00Z" })).lifeMs, 36 * 3_600_000);
});

Deno.test("readRoleReply() refuses what holds no usable keys, and quotes none of it", () => {
  const cases: [text: string, message: string][] = [
    ["<html>hunter2</html>", "sts.test sent no AccessKeyId"],
    ["", "sts.test sent no AccessKeyId"],
    [replyOf({ SecretAccessKey: "" }), "sts.test sent no SecretAccessKey"],
    [replyOf({ SessionToken: "" }), "sts.test sent no SessionToken"],
    [replyOf({ Expiration: "" }), "sts.test sent no Expiration"],
    [replyOf({ Expiration: "soon" }), "sts.test sent no Expiration"],
    [replyOf({ Expiration: "2025-12-31T23:59:59Z" }), "sts.test sent keys that have expired"],
    [replyOf({ Expiration: "2026-01-01T00:00:00Z" }), "sts.test sent keys that have expired"],
    [
      replyOf({ SecretAccessKey: "hunter2\n" }),
      "sts.test sent a SecretAccessKey that contains a line feed (LF) at position 8 (the value is not shown)",
    ],
    [replyOf({ SessionToken: "a&amp;b" }), "sts.test sent no SessionToken"],
    [replyOf() + replyOf(), "sts.test sent no AccessKeyId"],
  ];
  for (const [text, message] of cases) {
    const error = assertThrows(() => read(text), IssuerError);
    assertEquals([error.message, error.permanent], [message, false], text);
    assert(!error.message.includes("hunter2"));
  }
});

Deno.test("readRoleReply() tells refusals from failures that pass", () => {
  const refusal = (code: string) =>
    `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>hunter2</Message></Error></ErrorResponse>`;
  const cases: [status: number, text: string, message: string, permanent: boolean][] = [
    [403, refusal("AccessDenied"), "sts.test responded with 403 (AccessDenied)", true],
    [400, refusal("ExpiredTokenException"), "sts.test responded with 400 (ExpiredTokenException)", true],
    [400, refusal("hunter2"), "sts.test responded with 400", true],
    [400, refusal("IDPCommunicationError"), "sts.test responded with 400 (IDPCommunicationError)", false],
    [400, refusal("Throttling"), "sts.test responded with 400 (Throttling)", false],
    [408, "", "sts.test responded with 408", false],
    [500, "<html>", "sts.test responded with 500", false],
    [302, "", "sts.test responded with 302", false],
  ];
  for (const [status, text, message, permanent] of cases) {
    const error = assertThrows(() => read(text, { status }), IssuerError);
    assertEquals([error.message, error.permanent], [message, permanent]);
  }
  const limited = assertThrows(
    () => read("", { status: 429, rateLimited: true, retryAfterMs: 5000 }),
    IssuerError,
  );
  assertEquals([limited.permanent, limited.retryAfterMs], [false, 5000]);
});
