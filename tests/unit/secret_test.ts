import { assert, assertEquals } from "@std/assert";
import { inspect } from "node:util";
import { Secret } from "../../lib/core/secret.ts";

const TEXT = "sk-hunter2";

Deno.test("Secret.reveal() returns the text", () => {
  assertEquals(Secret.of(TEXT).reveal(), TEXT);
});

Deno.test("a secret becomes [redacted] wherever values become text", () => {
  const secret = Secret.of(TEXT);
  const texts = [
    `${secret}`,
    String(secret),
    "" + secret,
    secret.toString(),
    [secret].join(),
    Deno.inspect(secret),
    inspect(secret),
  ];
  for (const text of texts) assertEquals(text, "[redacted]");
  assertEquals(JSON.stringify({ secret, list: [secret] }), '{"secret":"[redacted]","list":["[redacted]"]}');
});

Deno.test("a secret does not show inside other values", () => {
  const secret = Secret.of(TEXT);
  const values = [{ deep: { secret } }, new Map([["a", secret]]), [secret], new Set([secret])];
  const error = new Error("failed", { cause: secret });
  for (const value of [...values, error, Object.assign(new Error("failed"), { secret })]) {
    for (const show of [Deno.inspect, inspect]) {
      const text = show(value, { showHidden: true, depth: 9 } as Deno.InspectOptions);
      assert(!text.includes("hunter2"), text);
      assert(text.includes("[redacted]"), text);
    }
  }
});

Deno.test("a secret has no property that holds its text", () => {
  const secret = Secret.of(TEXT);
  assertEquals(Reflect.ownKeys(secret), []);
  assertEquals({ ...secret }, {});
  assertEquals(Object.entries(structuredClone(secret)), []);
});
