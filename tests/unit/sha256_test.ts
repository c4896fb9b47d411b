import { assertEquals } from "@std/assert";
import { encodeLatin1 } from "../../lib/core/latin1.ts";
import { sha256 } from "../../lib/core/sha256.ts";
import { fc, runs } from "../support/property.ts";

/** The runtime's own. */
async function expected(text: string): Promise<string> {
  const bytes = new Uint8Array(
    await crypto.subtle.digest(
      "SHA-256",
      encodeLatin1(text) as Uint8Array<ArrayBuffer>,
    ),
  );
  return bytes.toHex();
}

Deno.test("sha256() agrees with the runtime's for every length up to four blocks, and for long texts", async () => {
  for (let length = 0; length <= 256; length++) {
    const text = "a\u00ff".repeat(128).slice(0, length);
    assertEquals(sha256(text), await expected(text), `length ${length}`);
  }
  for (const length of [1000, 4096, 65_537]) {
    const text = "x".repeat(length);
    assertEquals(sha256(text), await expected(text), `length ${length}`);
  }
});

Deno.test("sha256() agrees with the runtime's for any bytes", async () => {
  const bytes = fc.uint8Array({ maxLength: 300 });
  await fc.assert(
    fc.asyncProperty(bytes, async (each) => {
      const text = String.fromCharCode(...each);
      assertEquals(sha256(text), await expected(text));
    }),
    runs(500),
  );
});
