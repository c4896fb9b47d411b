import { assertEquals } from "@std/assert";
import { Secret } from "../../lib/core/secret.ts";
import { Mask } from "../../lib/mask/mask.ts";
import { MaskedSource } from "../../lib/mask/masked_source.ts";
import { fromLatin1, latin1 } from "../support/bytes.ts";

const TOKEN = "secret-Wq7Zt2LmK9xB4vNc";

Deno.test("MaskedSource loses no byte, however small the pieces are, and yields no empty one", async () => {
  const current = Mask.of([{ text: Secret.of(TOKEN) }]);
  const text = `\n{"a": 1} ${TOKEN} x\n\n y`;
  for (const size of [1, 2, 7, 100]) {
    const pieces = text.match(new RegExp(`[^]{1,${size}}`, "g"))!.map((piece) => latin1(piece));
    const source = new MaskedSource({
      get done() {
        return pieces.length === 0;
      },
      next: () => Promise.resolve(pieces.shift()),
      cancel() {},
    }, { current });
    let passed = "";
    while (!source.done) {
      const piece = await source.next();
      assertEquals(piece?.length === 0, false);
      if (piece !== undefined) passed += fromLatin1(piece);
    }
    assertEquals(passed, text.replace(TOKEN, "*".repeat(TOKEN.length)), `pieces of ${size}`);
  }
});

Deno.test("MaskedSource that is cancelled cancels its source", () => {
  let cancelled = 0;
  const source = new MaskedSource({
    done: false,
    next: () => Promise.resolve(undefined),
    cancel: () => void cancelled++,
  }, { current: undefined });
  source.cancel();
  assertEquals(cancelled, 1);
});
