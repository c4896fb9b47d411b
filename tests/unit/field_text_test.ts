import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { checkFieldText } from "../../lib/http/field_text.ts";
import { isFieldValue } from "../../lib/http/field_names.ts";

Deno.test("checkFieldText() finds a fault in exactly what is no field value", () => {
  const character = fc.integer({ min: 0, max: 0x120 }).map((code) => String.fromCharCode(code));
  const text = fc.string({
    unit: fc.oneof(character, fc.constantFrom(" ", "\t", "a", "\x7f", "\xff", "\u0100")),
    maxLength: 6,
  });
  fc.assert(
    fc.property(text, (text) => assertEquals(checkFieldText(text) === undefined, isFieldValue(text))),
    {
      numRuns: 3000,
    },
  );
});
