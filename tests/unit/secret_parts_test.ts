import { assertEquals } from "@std/assert";
import { Secret } from "../../lib/core/secret.ts";
import { secretParts } from "../../lib/tokens/secret_parts.ts";

const LINES = ["MIIEvQIBADANBgkqhkiG9w0BAQEF", "AASCBKcwggSjAgEAAoIBAQC7VJTU", "short=="];
const KEY = ["-----BEGIN PRIVATE KEY-----", ...LINES, "-----END PRIVATE KEY-----", ""];
const PARTS = [LINES.join(""), ...LINES.slice(0, 2)];

function partsOf(kind: "token" | "private_key" | "service_account", text: string): string[] {
  return secretParts(kind, Secret.of(text)).map((part) => part.reveal());
}

Deno.test("secretParts() returns a private key's long lines, and all lines joined, however its lines are broken", () => {
  for (const lineBreak of ["\n", "\r\n", "\\n"]) {
    const key = KEY.join(lineBreak);
    assertEquals(partsOf("private_key", key), PARTS, JSON.stringify(lineBreak));
    assertEquals(partsOf("service_account", JSON.stringify({ private_key: key })), PARTS);
  }
});

Deno.test("secretParts() returns as a whole what is no key", () => {
  for (const text of ["a-token", "{}", '{"private_key":1}', "[]"]) {
    assertEquals([partsOf("token", text), partsOf("service_account", text)], [[text], [text]]);
  }
  assertEquals(partsOf("private_key", "no key"), []);
});

Deno.test("secretParts() leaves out lines of fewer than 16 characters, which may occur by chance", () => {
  const [short, long] = ["x".repeat(15), "y".repeat(16)];
  const key = ["-----BEGIN RSA PRIVATE KEY-----", short, long, "-----END RSA PRIVATE KEY-----"].join("\n");
  assertEquals(partsOf("private_key", key), [short + long, long]);
});
