import { assertEquals } from "@std/assert";
import { checkFieldText } from "../../lib/http/field_text.ts";
import { fc, runs } from "../support/property.ts";

/** `field-value` of RFC 9110, section 5.5, of a text with one character per byte. */
const FIELD_VALUE = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/;

Deno.test("checkFieldText() finds a problem in exactly what is no field value", () => {
  const character = fc.integer({ min: 0, max: 0x120 }).map((code) => String.fromCharCode(code));
  const text = fc.string({
    unit: fc.oneof(character, fc.constantFrom(" ", "\t", "a", "\x7f", "\xff", "\u0100")),
    maxLength: 6,
  });
  fc.assert(
    fc.property(text, (text) => assertEquals(checkFieldText(text, "x").length === 0, FIELD_VALUE.test(text))),
    runs(3000),
  );
});
