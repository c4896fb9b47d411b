import { assertEquals } from "@std/assert";
import { escapeControls } from "../../lib/log/escape_controls.ts";

Deno.test("escapeControls() escapes what a terminal acts on or does not show, and nothing else", () => {
  const cases: readonly (readonly [text: string, escaped: string])[] = [
    ["a\x9b31mb\x85c\x7f", "a\\u009b31mb\\u0085c\\u007f"],
    ["\x1b[2J\r\n\0", "\\u001b[2J\\u000d\\u000a\\u0000"],
    ["\u2028\u2029", "\\u2028\\u2029"],
    ["\u202etxt.exe\u2066\u200b\ufeff\u00ad", "\\u202etxt.exe\\u2066\\u200b\\ufeff\\u00ad"],
    ["\ud800x\udfff", "\\ud800x\\udfff"],
  ];
  for (const [text, escaped] of cases) assertEquals(escapeControls(text), escaped);
  for (const text of ["", "GET /a → 200 ~ \u00a0é\u00ff", "日本 😀", 'a "b" \\n']) {
    assertEquals(escapeControls(text), text);
  }
});

Deno.test("escapeControls() leaves a JSON text the same JSON", () => {
  const value = Array.from({ length: 0x3000 }, (_, code) => String.fromCharCode(code)).join("");
  const line = escapeControls(JSON.stringify({ value }));
  assertEquals(JSON.parse(line), { value });
});
